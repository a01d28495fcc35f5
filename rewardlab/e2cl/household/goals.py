"""Whether a household goal holds."""

from __future__ import annotations

from collections.abc import Collection

from virtualhome_eval.simulation.evolving_graph.environment import Relation

from rewardlab.e2cl.household.graph import State
from rewardlab.e2cl.household.package import Goal


def holds(goal: Goal, state: State, done: Collection[str]) -> bool:
    """Return whether states and relations hold and every action was done.

    Hands are meant literally: what the left one holds is not held by the right one.

    Args:
        goal: The goal.
        state: The scene now.
        done: Verbs of the actions that worked.
    """
    return (
        all(_is(state, i, name) for i, name in goal.states)
        and all(_related(state, i, name, j) for i, name, j in goal.relations)
        and all(verbs & {*done} for verbs in goal.actions)
    )


def _is(state: State, i: int, name: str) -> bool:
    node = state.get_node(i)
    return node is not None and name in {s.name for s in node.states}


def _related(state: State, i: int, name: str, j: int) -> bool:
    return j in state.get_node_ids_from(i, Relation[name])
