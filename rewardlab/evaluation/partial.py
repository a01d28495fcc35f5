"""Rewards of continuous tasks, field by field: partial dependence on recorded states.

For a field x_j and a value v the curve is the mean over n recorded states of the reward with x_j
set to v and everything else as recorded (Friedman, *Greedy function approximation*, Annals of
Statistics 2001). It is approximate where fields belong together: states in between may not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rewardlab.envs.seeding import child_seed
from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.evaluation.rollouts import Predicts
from rewardlab.program.schema import Schema
from rewardlab.shapers.base import Array, Shaper, Transitions

N_VALUES, N_STATES, N_SHOWN = 25, 64, 9
INK, BAND, RULE = "#1b1f24", "#56B4E9", "#0072B2"
_DPI = 110


@dataclass(frozen=True)
class Curve:
    """How the reward depends on one entry of a field.

    Attributes:
        name: Of the field, with the entry's number where it has several.
        values: `(N_VALUES,)` what it is set to, over the range that was seen.
        mean: `(N_VALUES,)` mean reward over the states.
        low: `(N_VALUES,)` its 10 % quantile.
        high: `(N_VALUES,)` its 90 % quantile.
        seen: `(n,)` the recorded values.
    """

    name: str
    values: Array
    mean: Array
    low: Array
    high: Array
    seen: Array

    @property
    def effect(self) -> float:
        """Largest difference that the field makes to the mean."""
        return float(np.ptp(self.mean))


@dataclass(frozen=True)
class Measured:
    """A reward on recorded transitions.

    Attributes:
        curves: Of all entries that vary, the one with the largest effect first.
        reward: `(n,)` the reward there.
        extrinsic: `(n,)` what the task's own reward was.
        terms: `(n,)` each named part.
    """

    curves: tuple[Curve, ...]
    reward: Array
    extrinsic: Array
    terms: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        varies = min(np.ptp(self.reward), np.ptp(self.extrinsic)) > 1e-12
        together = np.corrcoef(self.reward, self.extrinsic)[0, 1] if varies else None
        return {
            "states": len(self.reward),
            "reward_mean": float(self.reward.mean()),
            "reward_std": float(self.reward.std()),
            "share_nonzero": float((np.abs(self.reward) > 1e-9).mean()),
            "extrinsic_mean": float(self.extrinsic.mean()),
            "extrinsic_std": float(self.extrinsic.std()),
            "correlation": None if together is None else float(together),
            "terms": {k: float(v.mean()) for k, v in self.terms.items()},
            "effects": {curve.name: curve.effect for curve in self.curves},
        }


def record(
    task: Task, policies: Sequence[Predicts | None], *, n: int = N_STATES, seed: int = 0
) -> Transitions:
    """Return n transitions of a task, in equal parts of each policy; `None` acts at random.

    Raises:
        UsageError: What one observes there is not a flat array of numbers or a number.
    """
    env = task.make_env(seed=child_seed(seed, 0))
    env.action_space.seed(seed)
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    every = max(1, min(task.horizon, 200) // 16)
    try:
        for i, policy in enumerate(policies):
            wanted = n * (i + 1) // len(policies)
            while len(rows) < wanted:
                obs, _ = env.reset(seed=child_seed(seed, len(rows)))
                if not isinstance(obs, np.ndarray | int | np.integer):
                    raise UsageError(f"{task.id} observes {type(obs).__name__}: no partial effects")
                rows += _episode(env, obs, policy, rng, every)[: wanted - len(rows)]
    finally:
        env.close()
    return _batch(rows)


def _episode(
    env: Any, obs: Any, policy: Predicts | None, rng: np.random.Generator, every: int
) -> list[dict[str, Any]]:
    """Return some transitions of one episode, evenly spread from a random one on."""
    rows, offset, t = [], int(rng.integers(every)), 0
    while True:
        acted = env.action_space.sample() if policy is None else policy.predict(obs[None])[0]
        after, reward, terminated, truncated, info = env.step(acted)
        if t % every == offset:
            ended = {"terminated": terminated, "truncated": truncated and not terminated}
            success = bool(info.get("success", False))
            rows.append(
                {"obs": obs, "action": acted, "r_ext": reward, "next_obs": after, "t": t}
                | ended
                | {"success": success, "scene": info["scene"]}
            )
        obs, t = after, t + 1
        if terminated or truncated:
            return rows


def _batch(rows: list[dict[str, Any]]) -> Transitions:
    columns: dict[str, Any] = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    columns["r_ext"] = columns["r_ext"].astype(np.float64)
    return Transitions(**columns, env_id=np.zeros(len(rows), np.int64))


def paid(shapers: Sequence[Shaper], batch: Transitions) -> tuple[Array, dict[str, Array]]:
    """Return what shapers, the innermost first, make of a batch, and their terms."""
    terms: dict[str, Array] = {}
    for shaper in shapers:
        shaped = shaper.shape(batch)
        batch = replace(batch, r_ext=np.asarray(shaped.reward, np.float64))
        terms |= {name: np.asarray(values, np.float64) for name, values in shaped.terms.items()}
    return batch.r_ext, terms


def measure(shapers: Sequence[Shaper], batch: Transitions, schema: Schema) -> Measured:
    """Return how a reward depends on each entry of the scene, or of the observation.

    Args:
        shapers: What makes the reward, the innermost first, bound.
        batch: Recorded transitions.
        schema: The scene, of which fields are varied if a shaper reads it; else observations are.
    """
    reward, terms = paid(shapers, batch)
    reads_scene = any("scene" in shaper.needs for shaper in shapers)
    entries = _scene_entries(schema) if reads_scene else _obs_entries(batch)
    curves = [_curve(name, at, shapers, batch, reads_scene) for name, at in entries]
    kept = sorted((c for c in curves if c is not None), key=lambda c: -c.effect)
    return Measured(tuple(kept), reward, batch.r_ext, terms)


def _scene_entries(schema: Schema) -> list[tuple[str, int]]:
    found = []
    for path, slot in schema.described.items():
        for i in range(slot.start, slot.stop) if not slot.field.hidden and path != "obs" else ():
            many = slot.stop - slot.start > 1
            found.append((f"{path}[{i - slot.start}]" if many else path, i))
    return found or [(f"obs[{i}]", i) for i in range(schema.size)]


def _obs_entries(batch: Transitions) -> list[tuple[str, int]]:
    flat = np.reshape(batch.next_obs, (len(batch.next_obs), -1))
    return [(f"obs[{i}]", i) for i in range(flat.shape[1])]


def _curve(
    name: str, at: int, shapers: Sequence[Shaper], batch: Transitions, reads_scene: bool
) -> Curve | None:
    """Return the curve of one entry; `None` if it never varied."""
    assert batch.scene is not None
    column = batch.scene[:, at] if reads_scene else batch.next_obs[:, at].astype(np.float64)
    if np.ptp(column) < 1e-9:
        return None
    n, values = len(column), np.linspace(column.min(), column.max(), N_VALUES)
    many = _repeated(batch, N_VALUES)
    assert many.scene is not None
    target = many.scene if reads_scene else many.next_obs
    target[:, at] = np.repeat(values, n)
    rewards = paid(shapers, many)[0].reshape(N_VALUES, n)
    low, high = np.quantile(rewards, [0.1, 0.9], axis=1)
    return Curve(name, values, rewards.mean(axis=1), low, high, column)


def _repeated(batch: Transitions, times: int) -> Transitions:
    columns: dict[str, Any] = {
        name: np.concatenate([column] * times)
        for name, column in vars(batch).items()
        if isinstance(column, np.ndarray)
    }
    return replace(batch, **columns)


def draw(found: Measured, title: str, path: Path) -> None:
    """Write the curves of the fields with the largest effects as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [curve for curve in found.curves if curve.effect > 0][:N_SHOWN]
    n_rows = max(1, -(-len(shown) // 3))
    figure = Figure(figsize=(10.5, 2.5 * n_rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    for i, curve in enumerate(shown):
        axes = figure.add_subplot(n_rows, 3, i + 1)
        axes.fill_between(curve.values, curve.low, curve.high, color=BAND, alpha=0.3, linewidth=0)
        axes.plot(curve.values, curve.mean, color=RULE, linewidth=1.6)
        axes.plot(curve.seen, np.zeros(len(curve.seen)), "|", color=INK, markersize=6, alpha=0.35,
                  transform=axes.get_xaxis_transform(), clip_on=False)  # fmt: skip
        axes.set_title(curve.name, fontsize=9, color=INK)
        axes.tick_params(labelsize=7)
    if not shown:
        figure.text(0.5, 0.4, "no field changes this reward by itself", ha="center", color=INK)
    figure.suptitle(
        f"{title}\nreward against one field at a time: mean and 10–90 % over "
        f"{len(found.reward)} recorded states (ticks: values seen)",
        fontsize=10,
        color=INK,
    )
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
