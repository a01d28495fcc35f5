"""MetaWorld: a hand steered by actions, and joints or objects that go where they are told.

Each episode begins in between, with the hand at the object: a drawer half open, a puck half-way.
From there the object goes to the goal, the other way, or stays. Contacts are off, so that nothing
but the script moves it; everything is read from the environment itself. `solved` is MetaWorld's own
scripted policy from the task's own reset, with all physics, `still` a hand that stays there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import mujoco
import numpy as np

from playback.film import HOLD, MOVE, Array, Bank, ramp, rows
from rewardlab.envs.tasks import Task

ARM = 9
"""Joints of arm and fingers; what a task is about comes after them in `qpos` and `qvel`."""

TIPS = np.array([0.0, 0.0, 0.045])
"""From the fingertips to the hand [m]."""


class Way(NamedTuple):
    """Where an object begins, and where it goes.

    Attributes:
        start: In between: a joint's position, or an object's place.
        goal: There the task is solved.
        opposite: Undone.
        closed: Whether the hand holds it.
    """

    start: Any
    goal: Any
    opposite: Any
    closed: bool = False


JOINTS: Mapping[str, Way] = {
    "window-open": Way(0.1, 0.2, 0.0),
    "window-close": Way(0.1, 0.0, 0.2),
    "door-close": Way(-0.8, 0.0, -1.57),
    "drawer-open": Way(-0.08, -0.16, 0.0),
    "drawer-close": Way(-0.08, 0.0, -0.16),
    "door-unlock": Way(0.8, 0.0, 1.57),
    "button-press": Way(-0.045, -0.09, 0.0),
    "handle-press": Way(-0.05, -0.1, 0.0),
    "handle-press-side": Way(-0.05, -0.1, 0.0),
    "handle-pull": Way(-0.05, 0.0, -0.1),
    "faucet-open": Way(0.5, 1.5, -0.5),
}


def bank(task: Task) -> Bank:
    """Play all trajectories of a MetaWorld task."""
    return {"between": _between(task), "own": _reset(task)}


def _between(task: Task) -> dict[str, Array]:
    name = task.id.partition("/")[2]
    played = {}
    for which in ("goal", "opposite", "idle"):
        env = task.make_env(seed=0, native_reward=False)
        env.reset()
        env.unwrapped.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
        played[which] = _play(env, task, name, which)
        env.close()
    return played


def _play(env: Any, task: Task, name: str, which: str) -> Array:
    way = _way(env, task, name)
    end = {"goal": way.goal, "opposite": way.opposite, "idle": way.start}[which]
    path = ramp(np.atleast_1d(way.start), np.atleast_1d(end))
    for _ in range(80):
        block, _, _ = _step(env, task, path[0] * 0 + way.start, way, name)
    blocks, actions = [block], []
    for place in path:
        block, action, solved = _step(env, task, place, way, name)
        blocks.append(block)
        actions.append(action)
    assert solved == (which == "goal"), f"{task.id}: {which} ends {'un' * (not solved)}solved"
    return rows(task.scene, blocks, actions)


def _way(env: Any, task: Task, name: str) -> Way:
    """Return the way of a joint, or of an object or hand relative to the episode's goal."""
    if name in JOINTS:
        return JOINTS[name]
    goal = env.unwrapped._target_pos.copy()
    if name == "pick-place":
        start = np.add(goal, (-0.05, -0.1, 0.08))
        return Way(start, goal, (*start[:2], 0.02), closed=True)
    if name == "reach":
        return Way(np.add(goal, (-0.1, -0.1, 0.1)), goal, np.add(goal, (-0.2, -0.2, 0.15)))
    return Way(np.add(goal, (0.02, -0.12, 0.0)), goal, np.add(goal, (0.04, -0.24, 0.0)))


def _step(env: Any, task: Task, place: Array, way: Way, name: str) -> tuple[Array, Array, bool]:
    """Put the object in its place, steer the hand to it."""
    data = env.unwrapped.data
    if name != "reach":
        data.qvel[ARM:] = 0.0
        data.qpos[ARM : ARM + len(place)] = place
        target = env.unwrapped._get_pos_objects()[:3] + TIPS
    else:
        target = place + TIPS
    steer = np.clip(30.0 * (target - data.mocap_pos[0]), -1.0, 1.0)
    action = np.array([*steer, 1.0 if way.closed else -1.0])
    info = env.step(action)[-1]
    return info["scene"][: task.scene.size].copy(), action, bool(info["success"])


def _reset(task: Task) -> dict[str, Array]:
    from metaworld.policies import ENV_POLICY_MAP

    policy = ENV_POLICY_MAP[task.env_id]()
    solved = _roll(task, lambda obs: np.clip(policy.get_action(obs), -1.0, 1.0))
    assert solved[1], f"{task.id}: its own policy fails"
    still = _roll(task, lambda obs: np.array([0.0, 0.0, 0.0, -1.0]))
    return {"solved": solved[0], "still": still[0]}


def _roll(task: Task, act: Any) -> tuple[Array, bool]:
    env = task.make_env(seed=1, native_reward=False)
    obs, info = env.reset()
    seen, solved = [], False
    for _ in range(2 * (MOVE + HOLD)):
        obs, *_, info = env.step(act(obs))
        seen.append(info["scene"])
        solved = solved or info["success"]
    env.close()
    return np.array(seen), solved
