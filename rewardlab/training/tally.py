"""What shaped rewards are made of, between two rows of a log."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import numpy as np

CHUNK = 1_024
"""Steps after which what was noted is summed; a step itself only notes, which is what it costs."""

_SQUARES, _SIZES = "²", "|"


class Tally:
    """Means of rewards; mean, deviation and share of each term; whether returns agree.

    Numbers are added one after the other, so that sums do not depend on when they are asked for.

    Args:
        n_envs: Environments.
        adds: The shaper adds to the extrinsic reward.
        log_env: Log the extrinsic reward.
    """

    def __init__(self, n_envs: int, *, adds: bool, log_env: bool) -> None:
        self._adds, self._log_env = adds, log_env
        self._noted: list[tuple[list[float], list[float], dict[str, list[float]], list[int]]] = []
        self._sums: dict[str, float] = {}
        self._n = 0
        self._open = np.zeros((n_envs, 2))
        self._returns: list[list[float]] = []

    def note(
        self,
        below: list[float],
        paid: list[float],
        terms: dict[str, list[float]],
        ended: list[int],
    ) -> None:
        """Note a step: rewards from below and paid, terms, and where episodes ended."""
        self._noted.append((below, paid, terms, ended))
        if len(self._noted) >= CHUNK:
            self._fold()

    def take(self) -> dict[str, float]:
        """Return numbers to log since the last call.

        A term that a program did not name in a step counts 0 there, so that the terms' means add
        up to the reward's wherever the terms add up to the reward. A term's share is Σ|F| / Σ|r̂|;
        `shaper/share` is that of all that is added, where a shaper adds. The correlation is that
        of the episodes' shaped and extrinsic returns, undiscounted, where both vary.
        """
        self._fold()
        sums, n = self._sums, self._n
        found = {k: v / n for k, v in sums.items() if k.startswith("reward/")}
        paid = sums.get(_SIZES + "paid", 0.0)
        for name in (k.removeprefix(_SQUARES) for k in sums if k.startswith(_SQUARES)):
            variance = sums[_SQUARES + name] / n - found[f"reward/terms/{name}"] ** 2
            found[f"shaper/std/{name}"] = max(variance, 0.0) ** 0.5
            if paid:
                found[f"shaper/share/{name}"] = sums[f"{_SIZES}terms/{name}"] / paid
        if sums.get(_SIZES + "added") and paid:
            found["shaper/share"] = sums[_SIZES + "added"] / paid
        pairs = np.array(self._returns).reshape(-1, 2)
        if len(pairs) > 1 and (pairs.std(axis=0) > 1e-12 * abs(pairs).max()).all():
            found["shaper/return_correlation"] = float(np.corrcoef(pairs.T)[0, 1])
        self._sums, self._n, self._returns = {}, 0, []
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return the sums since the last row, and the returns of open episodes."""
        self._fold()
        returns = np.array(self._returns).reshape(-1, 2)
        return {"sums": dict(self._sums), "n": self._n, "returns": returns}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`; episodes start anew when a run goes on."""
        self._sums, self._n = dict(state["sums"]), int(state["n"])
        self._noted, self._returns = [], np.asarray(state.get("returns", [])).tolist()

    def begin(self) -> None:
        """Episodes start everywhere."""
        self._fold()
        self._open[:] = 0.0

    def _fold(self) -> None:
        noted, self._noted = self._noted, []
        if not noted:
            return
        below, paid = (_flat(step[i] for step in noted) for i in (0, 1))
        if self._log_env:
            self._add("reward/env", below)
        self._add("reward/shaped", paid)
        self._add(_SIZES + "paid", map(abs, paid))
        if self._adds:
            self._add(_SIZES + "added", (abs(a - b) for a, b in zip(paid, below, strict=True)))
        for name in dict.fromkeys(name for step in noted for name in step[2]):
            values = _flat(step[2].get(name, ()) for step in noted)
            self._add(f"reward/terms/{name}", values)
            self._add(_SQUARES + name, (v * v for v in values))
            self._add(f"{_SIZES}terms/{name}", map(abs, values))
        self._n += len(paid)
        self._follow(noted)

    def _add(self, key: str, values: Any) -> None:
        self._sums[key] = reduce(add, values, self._sums.get(key, 0.0))

    def _follow(self, noted: Any) -> None:
        """Add rewards to their episodes' returns; keep those of episodes that ended."""
        open_ = self._open.tolist()
        for below, paid, _, ended in noted:
            for both, a, b in zip(open_, below, paid, strict=True):
                both[0] += a
                both[1] += b
            for i in ended:
                self._returns.append(open_[i])
                open_[i] = [0.0, 0.0]
        self._open = np.array(open_)


def _flat(rows: Any) -> list[float]:
    return [value for row in rows for value in row]
