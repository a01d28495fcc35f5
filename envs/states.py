"""States on which a program is probed: real ones, and made ones where programs tend to break."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tasks import Task
from rewardlab.program.schema import FieldSpec, Schema, Slot

HOLD = 3
"""Steps for which a random action is held, so that states spread."""

MAX_POINTS = 12
"""Positions that are made to coincide in pairs."""

IDENTITY = (1.0, 0.0, 0.0, 0.0)


def probe_states(task: Task, *, n: int = 64, seed: int = 0) -> Array:
    """Return rows `(N, D)` on which a program of this task should work, N > n.

    The first `n` are real: resets and random rollouts. Then follow, made from them: perturbed
    copies; extremes of every range; and coincident states (hand at object, object at goal, all
    positions equal, no motion, identity orientations, zero action, time 0). Where entries of `obs`
    always equal fields of the scene, they follow those in made rows too.

    Args:
        task: Whose states.
        n: Number of real states.
        seed: Fixes everything.
    """
    rng = np.random.default_rng(seed)
    real = _real(task, max(n, 2), rng, seed)
    schema = task.scene
    made = np.concatenate(
        (
            _perturbed(real, schema, max(1, n // 4), rng),
            _extreme(real, schema, max(2, n // 8), rng),
            np.array(list(_coincident(real, schema))),
        )
    )
    _follow(real, made, schema)
    return np.concatenate((real, made))


def _real(task: Task, n: int, rng: np.random.Generator, seed: int) -> Array:
    env = task.make_env(seed=seed, native_reward=False)
    rows: list[Array] = []
    try:
        for _ in range(max(1, n // 8)):
            rows.append(env.reset()[1]["scene"])
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
    return np.array(rows[:n])


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
        for slot in _varying(schema):
            part = slice(slot.start, slot.stop)
            block[:, part] += rng.normal(size=(n, slot.field.size)) * spread[part]
            _repair(block[:, part], slot.field)
    return rows


def _extreme(real: Array, schema: Schema, n: int, rng: np.random.Generator) -> Array:
    """Return states at the ends of ranges; unbounded fields go beyond what was seen."""
    rows = real[rng.integers(len(real), size=n)].copy()
    low, high = real.min(axis=0), real.max(axis=0)
    reach = 3.0 * (high - low) + 1.0
    for i, row in enumerate(rows):
        side = rng.integers(2, size=schema.size) if i > 1 else np.full(schema.size, i)
        for slot in _varying(schema):
            part = slice(slot.start, slot.stop)
            bottom = low[part] - reach[part] if slot.field.low is None else slot.field.low
            top = high[part] + reach[part] if slot.field.high is None else slot.field.high
            row[part] = np.where(side[part] == 1, top, bottom)
            if slot.field.kind == "bool":
                row[part] = side[part]
            if _is_direction(slot.field):
                row[part] = 0.0
                row[slot.start + rng.integers(slot.field.size)] = 1.0 if side[slot.start] else -1.0
        if not schema.action.discrete:
            row[-schema.action.size :] = rng.choice((-1.0, 1.0), size=schema.action.size)
    return rows


def _coincident(real: Array, schema: Schema) -> Iterator[Array]:
    """Yield states in which things are equal, at rest or zero."""
    base = real[-1]
    fields = [slot for slot in _varying(schema) if slot.field.name != "obs"]
    points = [slot for slot in fields if slot.field.shape == (3,) and slot.field.unit == "m"]
    for first, second in pairwise(points[:MAX_POINTS]):
        yield _with(base, schema, [(second, _read(base, first))])
    if len(points) > 2:
        yield _with(base, schema, [(points[-1], _read(base, points[0]))])
    together = [(slot, _read(base, points[0])) for slot in points]
    still = [(slot, 0.0) for slot in fields if "/s" in slot.field.unit]
    level = [(slot, IDENTITY) for slot in fields if slot.field.shape == (4,)]
    zero = [(slot, 0.0) for slot in fields if slot.field.unit in ("m", "rad")]
    for change in (together, still, level, [*together, *still, *level], [*zero, *still, *level]):
        if change:
            yield _with(base, schema, change)
    yield _paused(base, schema)
    yield _paused(_with(base, schema, [*together, *still, *level]), schema, begins=True)
    yield _paused(_with(base, schema, [*zero, *still, *level]), schema, begins=True)


def _with(row: Array, schema: Schema, change: list[tuple[Slot, Any]]) -> Array:
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


def _repair(values: Array, field: FieldSpec) -> None:
    """Bring perturbed values `(n, size)` back to what the field can hold."""
    if field.kind == "bool":
        values[:] = values > 0.5
    elif _is_direction(field):
        values /= np.linalg.norm(values, axis=1, keepdims=True)
    else:
        np.clip(values, field.low, field.high, out=values)


def _varying(schema: Schema) -> list[Slot]:
    """Return the fields that a state may change: not constants in seconds, not absent parts."""
    return [slot for slot in schema.described.values() if slot.field.unit != "s"]


def _is_direction(field: FieldSpec) -> bool:
    """Whether it is a quaternion or a unit vector."""
    return field.shape in ((3,), (4,)) and not field.unit and (field.low, field.high) == (-1.0, 1.0)


def _read(row: Array, slot: Slot) -> Array:
    return row[slot.start : slot.stop]
