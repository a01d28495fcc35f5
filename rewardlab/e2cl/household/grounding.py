"""Which thing in the scene a word of a program means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Literal, get_args

from virtualhome_eval.simulation.evolving_graph.environment import Relation

from rewardlab.e2cl.household.package import Program, names, program
from rewardlab.e2cl.household.simulator import Simulator

Grounding = Literal["program", "free"]
"""`"program"` begins with the things that the person's program meant, `"free"` with none."""
GROUNDINGS: tuple[Grounding, ...] = get_args(Grounding)


@cache
def classes() -> tuple[str, ...]:
    """Return the classes of things in all programs, sorted."""
    return tuple(sorted({c for name in names() for c in program(name).classes.values()}))


class Bound:
    """The things that an episode has to do with, in the order in which they came up.

    Args:
        ids: Those with which it begins.
    """

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self.ids = list(ids)

    def copy(self) -> Bound:
        """Return an independent copy."""
        return Bound(self.ids)

    def add(self, ids: Iterable[int]) -> None:
        """Bind what an action was done with."""
        self.ids += [i for i in dict.fromkeys(ids) if i not in self.ids]

    def of(self, name: str, simulator: Simulator) -> list[int]:
        """Return the things of a class that are bound, in their order."""
        return [i for i in self.ids if simulator.state.get_node(i).class_name == name]


def meant(name: str, k: int, bound: Bound, simulator: Simulator) -> int | None:
    """Return the k-th thing of a class, from 1: bound, else close to the agent, else the first.

    Only actions that were done bind. `None` if the scene has none.
    """
    ids = bound.of(name, simulator)
    near = {*simulator.related([Relation.CLOSE])}
    return next(iter([*ids, *_others(name, ids, near, simulator)][k - 1 :]), None)


def candidates(bound: Bound, simulator: Simulator) -> Iterator[int]:
    """Yield what can be acted on: what is bound or held, and one thing of each other class."""
    own = dict.fromkeys([*bound.ids, *simulator.held()])
    yield from own
    known = {simulator.state.get_node(i).class_name for i in own}
    near = {*simulator.related([Relation.CLOSE])}
    for name in classes():
        if name not in known:
            yield from _others(name, (), near, simulator)[:1]


def _others(name: str, ids: Collection[int], near: set[int], simulator: Simulator) -> list[int]:
    """Return the things of a class that are not among `ids`, those near before others."""
    found = [i for i in simulator.state.scene.by_class.get(name, ()) if i not in ids]
    return [*(i for i in found if i in near), *(i for i in found if i not in near)]


def places(read: Program) -> dict[int, tuple[str, int]]:
    """Return each thing of a program as its class and its number among things of that class."""
    counts: dict[str, int] = {}
    found = {}
    for i, name in read.classes.items():
        counts[name] = counts.get(name, 0) + 1
        found[i] = (name, counts[name])
    return found
