"""States on which a program is probed: real ones, and made ones where programs tend to break."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from rewardlab.envs.reached import Change, reached
from rewardlab.envs.scene import Array
from rewardlab.envs.tasks import Task
from rewardlab.envs.varying import GRASPS, grasps, hold, is_direction, is_listed, repair, varying
from rewardlab.program.schema import Schema, Slot
from rewardlab.sandbox.quality import RESET

HOLD = 3
"""Steps for which a random action is held, so that states spread."""

MAX_POINTS = 8
"""Positions that are made to coincide, each with each."""

_LENGTHS = ("m", "rad")
IDENTITY = (1.0, 0.0, 0.0, 0.0)


class States(NamedTuple):
    """What a program is tried on.

    Attributes:
        rows: `(N, D)` recorded rows.
        names: What each is, in a few words, e.g. `"obj1.position at goal_position"`.
    """

    rows: Array
    names: tuple[str, ...]


def probe_states(task: Task, *, n: int = 64, seed: int = 0) -> States:
    """Return states on which a program of this task should work, more than `n`.

    The first `n` are real: resets and random rollouts. Then follow, made from them: perturbed
    copies; extremes of every range; and coincident states (hand at object, object at goal, all
    positions equal, no motion, identity orientations, objects grasped or not, zero action, time
    0). Orientations stay unit quaternions, seeds of point clouds stay those of their episodes.
    Where entries of `obs` always equal fields of the scene, they follow those in made rows too.

    Args:
        task: Whose states.
        n: Number of real states.
        seed: Fixes everything.
    """
    rng = np.random.default_rng(seed)
    real, schema = _real(task, max(n, 2), rng, seed), task.scene
    seen = real.rows
    perturbed = _perturbed(seen, schema, max(1, n // 4), rng)
    extreme = _extreme(seen, schema, max(2, n // 8), rng)
    odd = list(_coincident(seen, schema))
    made = np.concatenate((perturbed, extreme, [row for _, row in odd]))
    _follow(seen, made, schema)
    names = (
        *real.names,
        *["a perturbed state"] * len(perturbed),
        *["at the ends of all ranges"] * len(extreme),
        *[name for name, _ in odd],
    )
    return States(np.concatenate((seen, made)), names)


def real_states(task: Task, *, n: int, seed: int = 0) -> States:
    """Return states of resets and random rollouts, `n` of them."""
    return _real(task, n, np.random.default_rng(seed), seed)


def _real(task: Task, n: int, rng: np.random.Generator, seed: int) -> States:
    env = task.make_env(seed=seed, native_reward=False)
    rows: list[Array] = []
    try:
        for _ in range(max(1, n // 8)):
            rows.append(env.reset()[1]["scene"])
        names = [RESET] * len(rows) + ["of a random rollout"] * (n - len(rows))
        while len(rows) < n:
            action = _random_action(env.action_space, rng)
            for _ in range(HOLD):
                _, _, terminated, truncated, info = env.step(action)
                if terminated or truncated:
                    break
            rows.append(info["scene"])
            if terminated or truncated:
                env.reset()
    finally:
        env.close()
    return States(np.array(rows[:n]), tuple(names[:n]))


def _random_action(space: gym.Space[Any], rng: np.random.Generator) -> Any:
    if isinstance(space, gym.spaces.Discrete):
        return int(space.start + rng.integers(space.n))
    assert isinstance(space, gym.spaces.Box)
    low, high = np.nan_to_num(space.low, neginf=-1.0), np.nan_to_num(space.high, posinf=1.0)
    return rng.uniform(low, high).astype(space.dtype)


def _perturbed(real: Array, schema: Schema, n: int, rng: np.random.Generator) -> Array:
    """Return copies moved by about a spread of the real states, back inside their ranges."""
    rows = real[rng.integers(len(real), size=n)].copy()
    spread = real.std(axis=0) + 1e-3
    for block in _blocks(rows, schema):
        for slot in varying(schema).values():
            part = slice(slot.start, slot.stop)
            block[:, part] += rng.normal(size=(n, slot.field.size)) * spread[part]
            repair(block[:, part], slot.field)
        hold(block, schema, rng)
    return rows


def _extreme(real: Array, schema: Schema, n: int, rng: np.random.Generator) -> Array:
    """Return states at the ends of ranges; unbounded fields go beyond what was seen."""
    rows = real[rng.integers(len(real), size=n)].copy()
    low, high = real.min(axis=0), real.max(axis=0)
    reach = 3.0 * (high - low) + 1.0
    for i, row in enumerate(rows):
        side = rng.integers(2, size=schema.size) if i > 1 else np.full(schema.size, i)
        for slot in varying(schema).values():
            part = slice(slot.start, slot.stop)
            bottom = low[part] - reach[part] if slot.field.low is None else slot.field.low
            top = high[part] + reach[part] if slot.field.high is None else slot.field.high
            row[part] = np.where(side[part] == 1, top, bottom)
            if slot.field.kind == "bool":
                row[part] = side[part]
            if is_direction(slot.field):
                row[part] = 0.0
                row[slot.start + rng.integers(slot.field.size)] = 1.0 if side[slot.start] else -1.0
        if not schema.action.discrete:
            row[-schema.action.size :] = rng.choice((-1.0, 1.0), size=schema.action.size)
    hold(rows, schema, rng)
    return rows


def _coincident(real: Array, schema: Schema) -> Iterator[tuple[str, Array]]:
    """Yield states in which things are equal, at rest or zero, with their names."""
    base, all_fields = real[-1], varying(schema)
    fields = {path: slot for path, slot in all_fields.items() if path != "obs"} or all_fields
    places = {p: s for p, s in fields.items() if s.field.shape[-1:] == (3,) and s.field.unit == "m"}
    points = {p: s for p, s in places.items() if s.field.size == 3 and not is_listed(p)}
    for first, second in combinations(_outermost(list(points)), 2):
        yield f"{second} at {first}", _with(base, [(points[second], _read(base, points[first]))])
    for path, slot in grasps(schema).items():
        for name, numbers in GRASPS.items():
            yield f"{path.rpartition('.')[0]} {name}", _with(base, [(slot, numbers)])
    slots = fields.values()
    still = [(slot, 0.0) for slot in slots if "/s" in slot.field.unit]
    for name, change in reached(base, schema, points):
        yield f"{name}, no motion", _with(base, [*change, *still])
    where = _read(base, next(iter(points.values()))) if points else IDENTITY
    together = [(slot, np.resize(where, slot.field.size)) for slot in places.values()]
    level = [(s, IDENTITY) for p, s in fields.items() if s.field.shape == (4,) and p != "obs"]
    zero = [(s, 0.0) for p, s in fields.items() if s.field.unit in _LENGTHS or p == "obs"]
    for name, change in (
        ("all positions equal", together),
        ("no motion", still),
        ("identity orientations", level),
    ):
        if change:
            yield name, _with(base, change)
    idle = base.copy()
    idle[3 * schema.size + 1 :] = 0.0
    yield "action 0", idle
    yield "as one step before, action 0", _paused(base, schema)
    for name, change in (("all positions equal", together), ("all positions and angles 0", zero)):
        if change:
            row = _with(base, [*change, *still, *level])
            yield f"{name}, at rest", row
            row = _paused(row, schema, begins=True)
            yield f"{name}, at rest, as one step before, action 0, time 0", row


def _outermost(paths: list[str]) -> list[str]:
    """Return the first and the last ones: a robot's hand, and what it handles."""
    return paths if len(paths) <= MAX_POINTS else paths[:2] + paths[2 - MAX_POINTS :]


def _with(row: Array, change: Change) -> Array:
    """Return a copy with the current scene changed."""
    row = row.copy()
    for slot, value in change:
        row[slot.start : slot.stop] = value
    return row


def _paused(row: Array, schema: Schema, *, begins: bool = False) -> Array:
    """Return a copy in which nothing changed since the step before (or since the beginning)."""
    row = row.copy()
    size = schema.size
    row[size : 2 * size] = row[:size]
    row[3 * size + 1 :] = 0.0
    if begins:
        row[2 * size : 3 * size] = row[:size]
        row[3 * size] = 0.0
    return row


def _follow(real: Array, made: Array, schema: Schema) -> None:
    """Let entries of `obs` that always equal a field of the scene do so in made rows."""
    obs = schema.layout.get("obs")
    if obs is None:
        return
    blocks = np.concatenate(_blocks(real, schema))
    source = _sources(blocks[:, : obs.start], blocks[:, obs.start : obs.stop])
    for block in _blocks(made, schema):
        for entry, column in source.items():
            block[:, obs.start + entry] = block[:, column]


def _sources(named: Array, obs: Array) -> dict[int, int]:
    """Return for entries of `obs (n, E)` the column of `named (n, C)` that they repeat.

    What never changes may equal many columns: it is matched only next to an entry that does.
    """
    same = (obs[:, :, None] == named[:, None, :]).all(axis=0)
    moving = same & (np.ptp(named, axis=0) > 0)
    found = {int(entry): int(moving[entry].argmax()) for entry in np.flatnonzero(moving.any(1))}
    for step in (1, -1):
        for entry in range(len(same))[::step]:
            column = found.get(entry - step, -2) + step
            known = entry in found or not 0 <= column < same.shape[1]
            if not known and same[entry, column]:
                found[entry] = column
    return found


def _blocks(rows: Array, schema: Schema) -> list[Array]:
    """Return views of the current, previous and initial scenes `(n, size)`."""
    return [rows[:, i * schema.size : (i + 1) * schema.size] for i in range(3)]


def _read(row: Array, slot: Slot) -> Array:
    return row[slot.start : slot.stop]
