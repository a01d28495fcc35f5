"""A finite Markov decision process as a value: its arrays, checked and read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rewardlab.errors import ConfigError

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-9
"""How far the probabilities of a row may be from 1 in sum."""


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """A finite MDP with S states, the last of which is terminal, and A actions.

    The terminal state is absorbing and pays nothing; where a task has none, it is never reached.

    Attributes:
        T: `(S, S, A)` probability `T[s, s', a]` of going from s to s' by action a.
        R: `(S, A)` expected reward of action a in state s.
        gamma: Discount, 0 <= gamma < 1.
        initial: `(S,)` distribution of the first state.
        horizon: Steps after which an episode is truncated; `None` if it is not.
        goal_states: Where a designed reward may always pay; by default the states that R pays in.
        r_max: Largest absolute reward that a design may pay; by default that of R.
        name: Under which it was published, e.g. `"room-2021"`.
        gate_states: Openings between the parts of its map, in the paper's order.

    Raises:
        ConfigError: Shapes do not fit, a row of T is no distribution, or a number is not finite;
            says which.
    """

    T: Array
    R: Array
    gamma: float
    initial: Array
    horizon: int | None = None
    goal_states: tuple[int, ...] = ()
    r_max: float = 0.0
    name: str = ""
    gate_states: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check, fill the defaults in, and make the arrays read-only copies."""
        for name, array in _arrays(self).items():
            object.__setattr__(self, name, array)
        _check_shapes(self)
        _check_numbers(self)
        if not self.goal_states:
            paid = np.flatnonzero(self.R.any(axis=1))
            object.__setattr__(self, "goal_states", tuple(int(s) for s in paid))
        if not self.r_max:
            object.__setattr__(self, "r_max", float(np.abs(self.R).max()))
        _check_terminal(self)

    @property
    def n_states(self) -> int:
        """S, terminal state included."""
        return int(self.R.shape[0])

    @property
    def n_actions(self) -> int:
        """A."""
        return int(self.R.shape[1])

    @property
    def terminal(self) -> int:
        """Index of the terminal state: the last."""
        return self.n_states - 1

    @property
    def P(self) -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:  # noqa: N802
        """The same in Gymnasium's toy-text form.

        `P[s][a]` lists `(probability, s', reward, terminated)`, with the expected reward R[s, a].
        """
        return {
            s: {a: self._row(s, a) for a in range(self.n_actions)} for s in range(self.n_states)
        }

    def _row(self, s: int, a: int) -> list[tuple[float, int, float, bool]]:
        row, reward = self.T[s, :, a], float(self.R[s, a])
        return [(float(row[z]), int(z), reward, z == self.terminal) for z in np.flatnonzero(row)]


def _arrays(mdp: TabularMDP) -> dict[str, Array]:
    found = {}
    for name in ("T", "R", "initial"):
        given: Any = getattr(mdp, name)
        try:
            found[name] = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{name} is no array of numbers: {error}") from error
        found[name].flags.writeable = False
    return found


def _check_shapes(mdp: TabularMDP) -> None:
    shape = mdp.T.shape
    if len(shape) != 3 or shape[0] != shape[1] or 0 in shape:
        swapped = len(shape) == 3 and shape[0] == shape[2]
        remedy = "; for T[s, a, s'] pass T.transpose(0, 2, 1)" if swapped else ""
        raise ConfigError(f"T has shape {shape}: give (S, S, A), indexed T[s, s', a]{remedy}")
    n_states, _, n_actions = shape
    for name, array, wanted in (
        ("R", mdp.R, (n_states, n_actions)),
        ("initial", mdp.initial, (n_states,)),
    ):
        if array.shape != wanted:
            raise ConfigError(f"{name} has shape {array.shape}: T has {shape}, so give {wanted}")


def _check_numbers(mdp: TabularMDP) -> None:
    for name, array in (("T", mdp.T), ("R", mdp.R), ("initial", mdp.initial)):
        if not np.isfinite(array).all():
            at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise ConfigError(f"{name}{list(at)} is {array[at]}: give finite numbers")
    for name, array in (("T", mdp.T), ("initial", mdp.initial)):
        if array.min() < 0:
            at = tuple(int(i) for i in np.argwhere(array < 0)[0])
            raise ConfigError(f"{name}{list(at)} is {array[at]:g}: a probability is at least 0")
    _check_sums(mdp)
    if not 0 <= mdp.gamma < 1:
        raise ConfigError(f"gamma={mdp.gamma!r}: give a discount with 0 <= gamma < 1")
    if mdp.horizon is not None and mdp.horizon < 1:
        raise ConfigError(f"horizon={mdp.horizon!r}: give a number of steps, at least 1, or None")
    if not (np.isfinite(mdp.r_max) and mdp.r_max >= 0):
        raise ConfigError(f"r_max={mdp.r_max!r}: give a finite bound that is not negative")


def _check_sums(mdp: TabularMDP) -> None:
    sums = mdp.T.sum(axis=1)
    wrong = np.argwhere(np.abs(sums - 1) > TOLERANCE)
    if len(wrong):
        s, a = (int(i) for i in wrong[0])
        others = f", and {len(wrong) - 1} more rows are wrong" if len(wrong) > 1 else ""
        raise ConfigError(f"T[{s}, :, {a}] sums to {sums[s, a]:.10g}, not to 1{others}")
    if abs(mdp.initial.sum() - 1) > TOLERANCE:
        raise ConfigError(f"initial sums to {mdp.initial.sum():.10g}, not to 1")


def _check_terminal(mdp: TabularMDP) -> None:
    last = mdp.terminal
    if (mdp.T[last, last] < 1 - TOLERANCE).any() or mdp.R[last].any():
        raise ConfigError(
            f"state {last}, the last, must be terminal: absorbing under every action and paying 0; "
            "append such a state (it need not be reached)"
        )
    for name, states in (("goal_states", mdp.goal_states), ("gate_states", mdp.gate_states)):
        if beyond := [s for s in states if not 0 <= s < mdp.n_states]:
            raise ConfigError(f"{name} has {beyond[0]}: the states are 0 to {last}")
