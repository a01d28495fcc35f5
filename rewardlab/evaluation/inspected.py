"""Rewards of finite MDPs as tables: what a design, a shaper or a run pays in every state.

A shaper is asked for every transition that the MDP allows, so that its table is exact:
R(s, a) = Σ_s' T(s'|s, a) r(s, a, s').
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.envs.tabular import TabularMDP, from_toy_text
from rewardlab.envs.tabular.published import mdp as published
from rewardlab.envs.tabular.scenes import seen
from rewardlab.envs.tasks import Task
from rewardlab.errors import UnknownName, UsageError
from rewardlab.shapers import expadard, exprd
from rewardlab.shapers.base import Array, Invariance, Shaper, Transitions
from rewardlab.shapers.potential import Potential
from rewardlab.shapers.program_potential import ProgramPotential
from rewardlab.shapers.tables import comparators
from rewardlab.shapers.tables.designs import Certificate, Design, certify
from rewardlab.shapers.tables.optimum import gap_rows, optimum
from rewardlab.shapers.tables.polytope import Polytope

TOY_TEXT = ("FrozenLake", "CliffWalking", "Taxi")
LOOKS = (1, 4, 16)
"""Steps ahead of which gaps are shown."""
ZERO = 1e-9
"""Rewards below this count as none."""


@dataclass(frozen=True)
class Inspected:
    """A reward table and what is known of it.

    Attributes:
        title: What it is.
        mdp: For which MDP.
        reward: `(S, A)`.
        certificate: What was checked on the table.
        history: Loss after each choice of a state, for designs that choose.
        chosen: The states chosen, in that order.
        maps: Further numbers per state `(S,)`, e.g. a bonus: the mean over actions.
        promise: What its shaper promises for as long as it learns.
    """

    title: str
    mdp: TabularMDP
    reward: Array
    certificate: Certificate
    history: tuple[float, ...] = ()
    chosen: tuple[int, ...] = ()
    maps: Mapping[str, Array] = field(default_factory=dict)
    promise: Invariance = "exact"

    @property
    def invariance(self) -> Invariance:
        """What is certain: `"none"` unless the table keeps the optimum, else what is promised."""
        return self.promise if self.certificate.kept else "none"

    @property
    def support(self) -> tuple[int, ...]:
        """States in which any action is rewarded."""
        paid = np.abs(self.reward).max(axis=1) > ZERO
        return tuple(int(s) for s in np.flatnonzero(paid))

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "what": self.title,
            "states": self.mdp.terminal,
            "rewarded": len(self.support),
            "invariance": self.invariance,
            "certificate": asdict(self.certificate),
            "history": list(self.history),
            "chosen": list(self.chosen),
        }


def finite_mdp(id: str, *, gamma: float, options: Mapping[str, Any] = {}) -> TabularMDP | None:
    """Return the MDP behind a task's id, `None` where there is none.

    Args:
        id: `tabular/<mdp>` or `gym/<toy text id>`.
        gamma: Discount of toy-text environments, which leave it open.
        options: Of the task.
    """
    suite, _, name = id.partition("/")
    switches = {k: v for k, v in options.items() if k != "horizon"}
    if suite == "tabular":
        return published(name, **switches)
    if suite == "gym" and name.startswith(TOY_TEXT):
        return from_toy_text(gym.make(name, **switches), gamma=gamma)
    return None


def _exprd(mdp: TabularMDP, **options: Any) -> Design:
    return exprd.design(mdp, **{"budget": 5, **options})


def _expadard(mdp: TabularMDP, **options: Any) -> Design:
    uniform = np.full(mdp.R.shape, 1.0 / mdp.n_actions)
    return expadard.design(mdp, **{"policy": uniform, **options})


DESIGNS: dict[str, tuple[str, Callable[..., Design | Array]]] = {
    "none": ("the task's own reward", lambda mdp: mdp.R),
    "exprd": ("ExpRD", _exprd),
    "expadard": ("ExpAdaRD for a uniform learner", _expadard),
    "invariant": ("some invariant reward", comparators.invariant),
    "pbrs": ("PBRS with the optimal values", comparators.pbrs),
    "craft": ("CRAFT", comparators.craft),
    "pbrs-craft": ("PBRS with CRAFT's values", comparators.pbrs_craft),
}
"""Rewards made from an MDP alone: by name, what they are and how they are made."""


def designed(mdp: TabularMDP, name: str, options: Mapping[str, Any]) -> Inspected:
    """Return a design for an MDP.

    Raises:
        UnknownName: There is no such design.
        UsageError: It does not take such an option.
    """
    if name not in DESIGNS:
        raise UnknownName("design", name, DESIGNS)
    title, make = DESIGNS[name]
    try:
        made = make(mdp, **options)
    except TypeError as error:
        raise UsageError(f"{name} cannot be designed with {dict(options)}: {error}") from error
    title = f"{mdp.name}: {title}" + "".join(f", {k} {v}" for k, v in options.items())
    if not isinstance(made, Design):
        return inspected(title, mdp, made)
    return by_design(Inspected(title, mdp, made.reward, made.certificate), made)


def by_design(found: Inspected, made: Design) -> Inspected:
    """Return the same table with what its design says of itself."""
    steps = made.history
    found = replace(
        found, certificate=made.certificate, history=tuple(step.objective for step in steps)
    )
    one_by_one = len(steps) > 1 and len(steps[1].states) == len(steps[0].states) + 1
    return replace(found, chosen=made.states[len(steps[0].states) :]) if one_by_one else found


def inspected(
    title: str, mdp: TabularMDP, reward: Array, maps: Mapping[str, Array] | None = None
) -> Inspected:
    """Return what a table is worth that nobody designed: the same checks on the table itself."""
    best = optimum(mdp)
    # A reward that pays more than the task's own is not wrong for that: bounds are for designs.
    bound = max(mdp.r_max, float(np.abs(reward).max()))
    certificate = certify(
        mdp,
        best,
        Polytope.of(mdp, best, r_max=bound),
        reward,
        objective=0.0 - exprd.informativeness(mdp, reward),
        tie_break="none",
    )
    return Inspected(title, mdp, reward, replace(certificate, solver=""), maps=maps or {})


def gaps(mdp: TabularMDP, reward: Array) -> tuple[Array, dict[int, Array]]:
    """Return δ̄(s) and, for some h, min_a δ_h(s, a) over actions that are not optimal.

    The states are those that have such actions, those with the largest δ̄ first.

    Args:
        mdp: The MDP.
        reward: `(S, A)`.
    """
    best = optimum(mdp)
    states = np.flatnonzero((~best.optimal).any(axis=1))
    states = states[np.argsort(-best.gap[states], kind="stable")]
    ahead = {}
    for h in LOOKS:
        gap = (gap_rows(mdp, best.policy, h) @ reward.ravel()).reshape(reward.shape)
        ahead[h] = np.where(best.optimal, np.inf, gap).min(axis=1)[states]
    return best.gap[states], ahead


def table_of(
    shapers: Sequence[Shaper], mdp: TabularMDP, task: Task | None = None
) -> tuple[Array, dict[str, Array]]:
    """Return what shapers, the innermost first, pay `(S, A)`, and maps of their parts `(S,)`.

    A part is a potential, or else a term, in each state the value of largest magnitude.

    Args:
        shapers: Bound to the MDP's spaces.
        mdp: The MDP.
        task: Its task, whose scenes programs read.
    """
    s, to, a = np.nonzero(mdp.T[: mdp.terminal])
    share = mdp.T[s, to, a]
    batch = _transitions(mdp, s, to, a, task)
    maps: dict[str, Array] = {}
    for shaper in shapers:
        shaped = shaper.shape(batch)
        batch = replace(batch, r_ext=np.asarray(shaped.reward, np.float64))
        parts = _potentials(shaper, mdp) or {
            f"{name}, largest over actions": _largest(_gather(mdp, s, a, share * values))
            for name, values in shaped.terms.items()
        }
        maps |= parts
    return _gather(mdp, s, a, share * batch.r_ext), maps


def _potentials(shaper: Shaper, mdp: TabularMDP) -> dict[str, Array]:
    """Return the potentials of all states `(S,)`, where a shaper is made of them."""
    if isinstance(shaper, ProgramPotential):
        rows = seen(mdp).rows
        width = shaper.runner.schema.row_size
        phi = shaper.values(np.pad(rows, ((0, 0), (0, width - rows.shape[1]))))
    elif isinstance(shaper, Potential):
        phi = {"": np.array(shaper.phi(np.arange(mdp.n_states)), np.float64)}
    else:
        return {}
    for values in phi.values():
        values[mdp.terminal] = 0.0
    return {f"potential {name}".strip(): values for name, values in phi.items()}


def _gather(mdp: TabularMDP, s: Any, a: Any, values: Array) -> Array:
    table = np.zeros(mdp.R.shape)
    np.add.at(table, (s, a), values)
    return table


def _largest(table: Array) -> Array:
    """Return each state's entry of largest magnitude `(S,)`."""
    largest: Array = table[np.arange(len(table)), np.abs(table).argmax(axis=1)]
    return largest


def _transitions(mdp: TabularMDP, s: Any, to: Any, a: Any, task: Task | None) -> Transitions:
    n = len(s)
    none = np.zeros(n, np.bool_)
    return Transitions(
        obs=s,
        action=a,
        r_ext=mdp.R[s, a],
        next_obs=to,
        terminated=to == mdp.terminal,
        truncated=none,
        env_id=np.zeros(n, np.int64),
        t=np.zeros(n, np.int64),
        success=mdp.R[s, a] == mdp.R.max(),
        scene=None if task is None or task.suite != "tabular" else _scenes(mdp, s, to, a),
    )


def _scenes(mdp: TabularMDP, s: Any, to: Any, a: Any) -> Array:
    rows = seen(mdp).rows
    first = np.broadcast_to(rows[int(mdp.initial.argmax())], rows[s].shape)
    return np.hstack([rows[to], rows[s], first, np.ones((len(s), 1)), a[:, None]])


def bind(shapers: Iterable[Shaper], mdp: TabularMDP, *, seed: int = 0) -> None:
    """Tell shapers that states and actions are numbers."""
    spaces = gym.spaces.Discrete(mdp.n_states), gym.spaces.Discrete(mdp.n_actions)
    for shaper in shapers:
        shaper.bind(*spaces, gamma=mdp.gamma, n_envs=1, seed=seed)
