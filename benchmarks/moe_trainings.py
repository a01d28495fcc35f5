"""Whole trainings with mixtures of experts beside dense ones: the second part of `moe.py`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

from stable_baselines3 import PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm

import rewardlab.policies  # noqa: F401  registers MoePolicy

ENV = "HalfCheetah-v5"
CASES: tuple[tuple[type[BaseAlgorithm], int, int, dict[str, Any], dict[str, Any]], ...] = (
    (PPO, 1024, 64, {"n_steps": 1024}, {"eps": 1e-5}),
    (SAC, 150, 256, {"learning_starts": 100}, {}),
)
"""Algorithm, steps per round, width of its networks, its options, what SB3 gives its Adam."""


class Training:
    """A model that goes on learning, and the processor time of its updates among all of it."""

    def __init__(self, model: BaseAlgorithm, n_steps: int) -> None:
        self.model, self.n_steps, self.updating = model, n_steps, 0.0
        update = model.train

        def timed(*args: Any, **kwargs: Any) -> None:
            start = time.process_time()
            update(*args, **kwargs)
            self.updating += time.process_time() - start

        model.train = timed  # type: ignore[method-assign]

    def run(self) -> tuple[float, float]:
        """Return seconds per step of all of it, and of updates."""
        self.updating, start = 0.0, time.process_time()
        self.model.learn(self.n_steps, reset_num_timesteps=False)
        return (time.process_time() - start) / self.n_steps, self.updating / self.n_steps


def trainings(rounds: int) -> list[dict[str, Any]]:
    """Measure processor time of `learn`, dense and mixed, in turns."""
    rows = []
    for algorithm, n_steps, width, own, adam in CASES:
        moe = {"moe": {"n_experts": 8, "top_k": 2, "expert_hidden": width // 4}}
        plain, fused = ({"optimizer_kwargs": {**adam, "fused": one}} for one in (False, True))
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "dense": ("MlpPolicy", plain),
            "mixture": ("MoePolicy", {**moe, **plain}),
            "dense, fused Adam": ("MlpPolicy", fused),
            "mixture, fused Adam": ("MoePolicy", {**moe, **fused}),
        }
        runs = {
            name: Training(
                algorithm(policy, ENV, policy_kwargs=kwargs, seed=0, device="cpu", **own), n_steps
            )
            for name, (policy, kwargs) in asked.items()
        }
        for run in runs.values():
            run.run()
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                times[name].append(run.run())
        rows.append({"algorithm": algorithm.__name__, **summary(whole(times)), **parts(times)})
        print(rows[-1], flush=True)
    return rows


def whole(times: Mapping[str, list[tuple[float, float]]]) -> dict[str, list[float]]:
    return {name: [total for total, _ in own] for name, own in times.items()}


def parts(times: Mapping[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Return medians of microseconds per step in rollouts and in updates."""
    return {
        "rollouts_us": {n: 1e6 * statistics.median(t - u for t, u in o) for n, o in times.items()},
        "updates_us": {n: 1e6 * statistics.median(u for _, u in o) for n, o in times.items()},
    }


def summary(times: dict[str, list[float]]) -> dict[str, Any]:
    """Return the dense time and each variant's median quotient with it."""
    base = times["dense"]
    quotients = {
        name: [a / b for a, b in zip(own, base, strict=True)] for name, own in times.items()
    }
    return {
        "dense_us": 1e6 * statistics.median(base),
        "ratios": {name: statistics.median(q) for name, q in quotients.items()},
        "spread": {name: [min(q), max(q)] for name, q in quotients.items()},
    }
