"""The published MDPs as tasks, `tabular/<mdp>`: what one observes is the state's number."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gymnasium as gym

from rewardlab.envs.recording import SceneReader, SceneRecorder
from rewardlab.envs.scene import Array
from rewardlab.envs.simulator import Episode
from rewardlab.envs.tabular.env import TabularEnv
from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.published import PUBLISHED, mdp
from rewardlab.envs.tabular.registration import CONTINUOUS, env_id
from rewardlab.envs.tabular.scenes import seen
from rewardlab.envs.tabular.walk import WalkEnv
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec

_GOALS = {
    "room": "Walk through the rooms to the upper right corner and move right there.",
    "linek": "Fetch the key at the left end of the line and move right at its right end.",
    "chain": "Walk to the right end of the chain and move right there.",
}
_ACTIONS = {
    "room": "Actions: 0 up, 1 left, 2 down, 3 right.",
    "linek": "Actions: 0 left, 1 right, 2 pick up the key.",
    "linek-2022": "Actions: 0 left, 1 right, 2 pick up the right key, 3 pick up a wrong one.",
    "chain": "Actions: 0 left, 1 right.",
}


def entries() -> Iterator[TaskEntry]:
    """Yield the published MDPs."""
    for name in PUBLISHED:
        yield TaskEntry(f"tabular/{name}", "tabular", _GOALS[_family(name)], success=True)


def build(name: str, *, horizon: int | None = None, **switches: Any) -> Task:
    """Return a task.

    Args:
        name: A published MDP.
        horizon: Steps per episode; the MDP's own if not given.
        **switches: Of the MDP, e.g. `goal_down=41`; see `mdp`.

    Raises:
        ConfigError: The horizon is not positive, or a switch is unknown or refused.
    """
    made = mdp(name, **switches)
    assert made.horizon is not None  # every published one has one
    steps = horizon_of(horizon, made.horizon)
    family = _family(name)
    action = ActionSpec(1, discrete=made.n_actions)
    schema = seen(made).scene.schema(action=action, dt=1.0)
    return Task(
        id=f"tabular/{name}",
        suite="tabular",
        goal=_GOALS[family],
        scene=schema,
        success=f"the goal's reward was paid, {made.R.max():g}",
        oracle="the published reward, paid at the goal alone but for a distractor",
        env_id=env_id(name),
        horizon=steps,
        make=partial(_make, made, schema, steps, switches),
        tips=(_ACTIONS.get(name, _ACTIONS[family]), "A step counts as one second."),
        published=False,
        options=({} if horizon is None else {"horizon": horizon}) | switches,
    )


def _make(
    made: TabularMDP,
    schema: Schema,
    horizon: int,
    switches: dict[str, Any],
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    walks = made.name == CONTINUOUS
    env: gym.Env[Any, Any] = WalkEnv(**switches) if walks else TabularEnv(made)
    read: SceneReader = _read_walk if walks else _reader(made)
    paid = GoalPaid(env, float(made.R.max()), native_reward=native_reward)
    return SceneRecorder(Episode(paid, horizon=horizon, seed=seed), schema, read)


class GoalPaid(gym.Wrapper[Any, Any, Any, Any]):
    """Says in `info["success"]` whether the goal's reward was just paid.

    Args:
        env: The environment.
        full: The goal's reward.
        native_reward: Pass rewards on; without it they are 0.
    """

    def __init__(self, env: gym.Env[Any, Any], full: float, *, native_reward: bool) -> None:
        super().__init__(env)
        self._full, self._native_reward = full, native_reward

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step and judge."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward)
        info["success"] = paid == self._full
        return obs, paid if self._native_reward else 0.0, terminated, truncated, info


def _reader(made: TabularMDP) -> SceneReader:
    rows = seen(made).rows

    def read(obs: Any, out: Array) -> None:
        out[:] = rows[int(obs)]

    return read


def _read_walk(obs: Any, out: Array) -> None:
    """Read place, whether a key is held and whether it is key 0; the walk never ends."""
    out[:] = obs[0], obs[1], obs[4], 0.0


def _family(name: str) -> str:
    return name.partition("-")[0]
