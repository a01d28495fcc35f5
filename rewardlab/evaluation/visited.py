"""States that a policy visits, and a plane in which they can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rewardlab.evaluation.curves import Array
from rewardlab.evaluation.rollouts import rollout

if TYPE_CHECKING:
    from rewardlab.training.policies import Policy
    from rewardlab.training.run import Run

MAX_STATES = 2000
"""At most so many of the visited states are looked at, evenly spread."""


class _Recorder:
    """Acts like a policy and keeps what it saw."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self.seen = policy, list[Any]()

    def predict(self, obs: Any) -> npt.NDArray[Any]:
        self.seen.append({k: v.copy() for k, v in obs.items()} if _is_dict(obs) else obs.copy())
        return self._policy.predict(obs)


def _is_dict(obs: Any) -> bool:
    return isinstance(obs, dict)


def visited(run: Run, policy: Policy, *, episodes: int, seed: int) -> Any:
    """Return raw observations `(N, …)` of a policy's own episodes, at most `MAX_STATES`."""
    from rewardlab.training.policies import check_fits
    from rewardlab.training.tasks import task_of
    from rewardlab.training.venv import make_venv

    task = task_of(run)
    venv = make_venv(task, n_envs=1, seed=seed, sandbox=run.config.sandbox)
    try:
        check_fits(policy, venv, name=f"run {run.id}", task=task.id)
        recorder = _Recorder(policy)
        rollout(recorder, venv, episodes=episodes, seed=seed)
    finally:
        venv.close()
    at = np.linspace(0, len(recorder.seen) - 1, min(len(recorder.seen), MAX_STATES)).astype(int)
    rows = [recorder.seen[i] for i in at]
    if _is_dict(rows[0]):
        return {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}
    return np.concatenate(rows)


def plane(obs: Any) -> tuple[Array, tuple[float, float]]:
    """Return the two main components `(N, 2)` of standardised states, and their variance shares."""
    parts = list(obs.values()) if _is_dict(obs) else [obs]
    x = np.hstack([np.reshape(part, (len(part), -1)).astype(np.float64) for part in parts])
    x = x - x.mean(0)
    x = x / np.maximum(x.std(0), 1e-9)
    left, size, _ = np.linalg.svd(x, full_matrices=False)
    whole = max(float((size**2).sum()), 1e-300)
    points = np.zeros((len(x), 2))
    k = min(2, len(size))
    points[:, :k] = left[:, :k] * size[:k]
    shares = [*(size[:k] ** 2 / whole), 0.0]
    return points, (float(shares[0]), float(shares[1]))
