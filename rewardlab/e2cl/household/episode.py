"""A household task under way."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import lru_cache

from rewardlab.e2cl.household import package
from rewardlab.e2cl.household.goals import holds
from rewardlab.e2cl.household.graph import Scene, State
from rewardlab.e2cl.household.grounding import Bound, Grounding, meant, places
from rewardlab.e2cl.household.seen import described, view
from rewardlab.e2cl.household.simulator import Simulator
from rewardlab.e2cl.world import END, Action, Feedback, Tried, View

_REPAIRS = ("WALK", "FIND", "GRAB", "OPEN", "CLOSE", "PLUGIN", "SWITCHOFF", "TURNTO")
_PUT_DOWN = ("PUTOBJBACK", "DROP")


class HouseholdEpisode:
    """A person's task in its scene; see `rewardlab.e2cl.world.Episode`.

    The teacher is the person's program, as long as nothing else has worked; with free grounding its
    words mean what they would mean to the agent.

    Args:
        name: Id of the program.
        grounding: See `Grounding`.
    """

    def __init__(self, name: str, *, grounding: Grounding = "program") -> None:
        self._program = package.program(name)
        self._words = tuple(
            re.findall(r"[a-z]+", f"{self._program.title} {self._program.description}".lower())
        )
        self._simulator = Simulator(State(scene(name), package.equivalence()))
        self._grounding = grounding
        self._bound = Bound(self._program.classes if grounding == "program" else ())
        self._history: list[Tried] = []
        self._at: int | None = 0

    @property
    def id(self) -> str:
        """Its name within the world."""
        return self._program.id

    @property
    def instruction(self) -> str:
        """What is to be done, in words."""
        return f"{self._program.title}. {self._program.description}"

    @property
    def observation(self) -> str:
        """What is near, in words."""
        return described(self._simulator)

    @property
    def over(self) -> bool:
        """Never: the agent itself says when it is done."""
        return False

    def view(self) -> View:
        """Return what the agent sees."""
        task, bound = self._program.title, self._bound
        return view(task, self._words, self._simulator, bound, self._history)

    def probe(self, action: Action) -> Feedback:
        """Return what `step` would answer."""
        return self._simulator.probe(action)

    def step(self, action: Action) -> Feedback:
        """Act; what cannot be done leaves the state, binds nothing and stays in the history."""
        expected = self.teacher()
        told = self._simulator.step(action)
        self._history.append(Tried(action, told.kind))
        if told.ok:
            self._bound.add(action.objects)
            if self._at is not None:
                self._at = self._at + 1 if action == expected else None
        return told

    def succeeded(self) -> bool:
        """Return whether the goal holds now."""
        done = {tried.action.verb for tried in self._history if tried.kind == "True"}
        return holds(package.goal(self.id), self._simulator.state, done)

    def teacher(self) -> Action | None:
        """Return the program's next action, `END` behind the last, `None` off its way."""
        if self._at is None:
            return None
        actions = self._program.actions
        return self._grounded(actions[self._at]) if self._at < len(actions) else END

    def repairs(self, action: Action, feedback: Feedback) -> Iterator[Action]:
        """Yield what might make a failed action possible: posture, its objects, full hands."""
        yield Action("STANDUP")
        for i in action.objects:
            yield from (Action(verb, (i,)) for verb in _REPAIRS)
        for i in self._simulator.held():
            yield from (Action(verb, (i,)) for verb in _PUT_DOWN)

    def fork(self) -> HouseholdEpisode:
        """Return an independent copy without a teacher."""
        twin = copy.copy(self)
        twin._simulator, twin._bound = self._simulator.fork(), self._bound.copy()
        twin._history, twin._at = list(self._history), None
        return twin

    def _grounded(self, action: Action) -> Action:
        if self._grounding == "program":
            return action
        where = places(self._program)
        ids = [meant(*where[i], self._bound, self._simulator) for i in action.objects]
        return Action(action.verb, tuple(i for i in ids if i is not None))


@lru_cache(maxsize=16)
def scene(name: str) -> Scene:
    """Return the scene in which a program begins; it does not change."""
    return Scene(package.graph(name))
