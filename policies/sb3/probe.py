"""The states at which a policy's mixtures are looked at again and again along training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm

from rewardlab.policies.sb3.routing import Obs

SIZE = 256
"""At most so many states."""
EARLY = 0.1
"""Off-policy, a probe waits for so many states, or for this part of training."""


class Probe(NamedTuple):
    """States and what was done in them.

    Attributes:
        obs: `(N, …)`, normalised as they were when the probe was drawn, and ever after.
        actions: `(N, …)`, as the buffer holds them.
    """

    obs: Obs
    actions: npt.NDArray[Any]


def draw(model: BaseAlgorithm) -> Probe | None:
    """Return states spread evenly over an algorithm's buffer, or `None` if it holds too few.

    No random number is drawn, so that looking changes nothing in training.
    """
    rollouts = getattr(model, "rollout_buffer", None)
    if rollouts is not None:
        return Probe(*_spread(model, rollouts, rollouts.buffer_size, lambda obs: obs))
    buffer: Any = model.replay_buffer  # type: ignore[attr-defined]
    rows = buffer.size()
    wanted = min(SIZE, max(1, int(EARLY * model._total_timesteps)))
    if rows * model.n_envs < wanted:
        return None
    venv = model.get_vec_normalize_env()
    normal: Any = venv.normalize_obs if venv is not None else lambda obs: obs
    return Probe(*_spread(model, buffer, rows, normal))


def _spread(
    model: BaseAlgorithm, buffer: Any, rows: int, normal: Callable[[Any], Any]
) -> tuple[Obs, npt.NDArray[Any]]:
    total = rows * model.n_envs
    at = np.linspace(0, total - 1, min(total, SIZE)).astype(int)
    row, env = np.divmod(at, model.n_envs)
    actions = np.array(buffer.actions[row, env])
    space: Any = model.observation_space
    if not isinstance(buffer.observations, dict):
        return normal(buffer.observations[row, env].reshape(-1, *space.shape)), actions
    picked = {
        name: values[row, env].reshape(-1, *space[name].shape)
        for name, values in buffer.observations.items()
    }
    return normal(picked), actions
