"""VirtualHome's evolving graph, one action at a time: what it answers, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from virtualhome_eval.simulation.evolving_graph.common import TimeMeasurement
from virtualhome_eval.simulation.evolving_graph.environment import GraphNode, Relation
from virtualhome_eval.simulation.evolving_graph.execution import ExecutionInfo, ScriptExecutor
from virtualhome_eval.simulation.evolving_graph.scripts import (
    Action as Verb,
)
from virtualhome_eval.simulation.evolving_graph.scripts import Script, ScriptLine, ScriptObject

from rewardlab.e2cl.household.graph import State
from rewardlab.e2cl.household.reasons import feedback
from rewardlab.e2cl.household.verbs import ARITY
from rewardlab.e2cl.world import OK, Action, Feedback

HANDS = (Relation.HOLDS_RH, Relation.HOLDS_LH)
_FROM_HAND = ("PUTBACK", "PUTIN", "POUR")
_EXECUTED = ("PUTOBJBACK",)
"""Verbs whose check says no where doing them works."""


class Simulator:
    """The state of one scene.

    Args:
        state: Where it begins.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    def fork(self) -> Simulator:
        """Return an independent simulator in the same state."""
        return Simulator(self.state.copy())

    @property
    def character(self) -> GraphNode:
        """The agent."""
        return self.state.get_node(next(iter(self.state.get_char_node(0))).id)

    def related(self, relations: Iterable[Relation]) -> list[int]:
        """Return ids of what the agent has one of these relations to."""
        return [i for r in relations for i in self.state.get_node_ids_from(self.character.id, r)]

    def held(self) -> list[int]:
        """Return what the agent holds, the right hand first."""
        return self.related(HANDS)

    def probe(self, action: Action) -> Feedback:
        """Return what `step` would answer, without any change."""
        refused = self.refusal(action)
        if refused is not None:
            return refused
        return self._ask(action, change=action.verb in _EXECUTED)[0]

    def step(self, action: Action) -> Feedback:
        """Act; what cannot be done changes nothing."""
        refused = self.refusal(action)
        if refused is not None:
            return refused
        told, self.state = self._ask(action, change=True)
        return told

    def refusal(self, action: Action) -> Feedback | None:
        """Return why an action never reaches the simulator, `None` if it does.

        With ids the simulator ignores names, and an id that it does not have is an exception.
        """
        arity = ARITY.get(action.verb)
        if arity is None:
            return Feedback("verb", f"{action.verb} is no verb of this world")
        if len(action.objects) != arity:
            plural = "object" if arity == 1 else "objects"
            said = f"{action.verb} needs {arity} {plural}, got {len(action.objects)}"
            return Feedback("arity", said)
        nodes = [self.state.get_node(i) for i in action.objects]
        if None in nodes:
            return Feedback("absent", "that object isn't available")
        if len({*action.objects}) < arity or self._into_itself(action):
            return Feedback("self", f"{nodes[0].class_name} cannot go into itself")
        if action.verb in _FROM_HAND and action.objects[0] not in self.held():
            return Feedback("hold", f"robot agent is not holding {nodes[0].class_name}")
        return None

    def _into_itself(self, action: Action) -> bool:
        """Return whether a thing would go into what is inside it, from where no room is found."""
        if action.verb != "PUTIN":
            return False
        inner, outer = action.objects
        around, seen = [outer], set[int]()
        while around:
            at = around.pop()
            if at == inner:
                return True
            if at not in seen:
                seen.add(at)
                around += self.state.get_node_ids_from(at, Relation.INSIDE)
        return False

    def _ask(self, action: Action, *, change: bool) -> tuple[Feedback, State]:
        """Return the answer and the state after it, which is the same one if it did not work."""
        executor = ScriptExecutor(self.state._graph, self.state._name_equivalence)
        executor.info = ExecutionInfo()
        script = Script([self._line(action)])
        try:
            if change:
                worked, after = executor.execute_one_step(script, self.state)
            else:
                worked, after = executor.check_one_step(script, self.state), self.state
        except Exception as error:  # its own assertions and lookups: one more way to say no
            return Feedback("other", f"{type(error).__name__}: {error}"), self.state
        finally:
            TimeMeasurement.reset_all()  # it keeps every measurement for ever
        if worked:
            return Feedback(OK), after
        messages: list[str] = executor.info.messages
        return feedback(messages[0] if messages else ""), self.state

    def _line(self, action: Action) -> Any:
        nodes = [self.state.get_node(i) for i in action.objects]
        return ScriptLine(Verb[action.verb], [ScriptObject(n.class_name, n.id) for n in nodes], 0)
