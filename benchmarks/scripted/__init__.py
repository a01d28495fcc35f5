"""Hand-written solutions of tasks: they prove the scenes in tests, and are good runs to score on.

Policies act through the same actions as any other, with all physics, but read the simulator instead
of the observation. `locomotion` has none: it leads its robots along paths.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from rewardlab.envs.scene import Array


def scripted(task_id: str, env: Any) -> Callable[[], Array]:
    """Return a policy for the episode that `env` has just begun: each call gives an action.

    Args:
        task_id: The task, e.g. `"tabletop/lift-cube"` or `"fetch/push"`.
        env: Its environment, wrapped or not.
    """
    suite, _, name = task_id.partition("/")
    plan = import_module(f"scripted.{suite}").PLANS[name](env.unwrapped)
    return lambda: next(plan)
