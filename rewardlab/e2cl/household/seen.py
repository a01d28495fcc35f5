"""What the agent of a household task sees, as features and as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from virtualhome_eval.simulation.evolving_graph.environment import Property, Relation
from virtualhome_eval.simulation.evolving_graph.environment import State as Condition

from rewardlab.e2cl.household.grounding import Bound, candidates, classes
from rewardlab.e2cl.household.simulator import HANDS, Simulator
from rewardlab.e2cl.world import Tried, View

CONDITIONS = tuple(c for c in Condition if c not in (Condition.SITTING, Condition.LYING))
N_FEATURES = len(Property) + len(CONDITIONS) + 8
"""23 properties; 8 conditions; word overlap, further one of its class, near, held, faced, agent on
it, agent inside it, inside a closed thing."""
N_CONTEXT = 5
"""Sitting, lying, share of hands in use, facing something, on something."""
_TOLD = (Relation.ON, Relation.INSIDE, Relation.FACING, Relation.CLOSE)
_UNTOLD = (Relation.CLOSE, Relation.FACING, Relation.INSIDE, *HANDS)


def view(
    task: str,
    words: tuple[str, ...],
    simulator: Simulator,
    bound: Bound,
    history: Sequence[Tried],
) -> View:
    """Return what can be acted on, and what is known of it."""
    ids = tuple(candidates(bound, simulator))
    nodes = [simulator.state.get_node(i) for i in ids]
    index = {name: i for i, name in enumerate(classes())}
    return View(
        task=task,
        words=words,
        ids=ids,
        names=tuple(called(ids, simulator)),
        classes=np.array([index.get(node.class_name, len(index)) for node in nodes], np.int64),
        features=_features(ids, set(words), simulator),
        context=_context(simulator),
        history=tuple(history),
        seen=described(simulator),
    )


def called(ids: Iterable[int], simulator: Simulator) -> list[str]:
    """Return names of things: the class, with `#k` for the k-th of it."""
    counts: dict[str, int] = {}
    found = []
    for i in ids:
        name = simulator.state.get_node(i).class_name
        counts[name] = counts.get(name, 0) + 1
        found.append(name if counts[name] == 1 else f"{name}#{counts[name]}")
    return found


def _features(ids: Sequence[int], words: set[str], simulator: Simulator) -> npt.NDArray[np.float32]:
    state = simulator.state
    related = {r: set(simulator.related([r])) for r in _TOLD}
    held, near = set(simulator.held()), related[Relation.CLOSE]
    rows, seen = [], set[str]()
    for i in ids:
        node = state.get_node(i)
        inside = [state.get_node(j) for j in state.get_node_ids_from(i, Relation.INSIDE)]
        rows.append([
            *state.scene.properties[i],
            *(condition in node.states for condition in CONDITIONS),
            bool(words & set(node.class_name.split("_"))),
            node.class_name in seen,
            i in near,
            i in held,
            i in related[Relation.FACING],
            i in related[Relation.ON],
            i in related[Relation.INSIDE],
            any(Condition.CLOSED in n.states and n.category != "Rooms" for n in inside),
        ])  # fmt: skip
        seen.add(node.class_name)
    return np.array(rows, np.float32).reshape(len(ids), N_FEATURES)


def _context(simulator: Simulator) -> npt.NDArray[np.float32]:
    states = simulator.character.states
    return np.array(
        [
            Condition.SITTING in states,
            Condition.LYING in states,
            len(simulator.held()) / 2,
            bool(simulator.related([Relation.FACING])),
            bool(simulator.related([Relation.ON])),
        ],
        np.float32,
    )


def described(simulator: Simulator) -> str:
    """Return what is near in words: things with their conditions, relations, things held."""
    state = simulator.state
    near = sorted(set(simulator.related([Relation.CLOSE])))
    lines = [", ".join(filter(None, (_thing(i, simulator) for i in near))) or "nothing near"]
    for i in near:
        for relation in Relation:
            if relation not in _UNTOLD:
                others = sorted(set(state.get_node_ids_from(i, relation)) & {*near})
                name = state.get_node(i).class_name
                lines += [
                    f"{name} {relation.name.lower()} {state.get_node(j).class_name}" for j in others
                ]
    held = [state.get_node(i).class_name for i in simulator.held()]
    return "\n".join([*lines, f"holding: {', '.join(held) or 'nothing'}"])


def _thing(i: int, simulator: Simulator) -> str:
    node = simulator.state.get_node(i)
    told = sorted(s.name.lower() for s in node.states if s in CONDITIONS)
    return f"{node.class_name} ({', '.join(told)})" if told else str(node.class_name)
