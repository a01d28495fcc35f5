"""What a world must offer so that an agent can explore its errors in it.

A world is a small frozen dataclass that can be hashed and pickled: worker processes get a copy,
and what is large is loaded when it is first needed. Its episodes hold the state.

Everything is a function of the world, of an episode's id and of the actions taken: an episode
started twice under one id and stepped alike shows equal views, whatever the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Split = Literal["train", "test"]
"""Episodes to learn from, or to measure with; they share none."""

OK = "True"
"""The kind of an action that works; the first kind of every world."""


class Verb(NamedTuple):
    """A name and how many objects it takes: 0, 1 or 2."""

    name: str
    arity: int


class Action(NamedTuple):
    """A verb with the ids of its objects, as many as its arity."""

    verb: str
    objects: tuple[int, ...] = ()


END = Action("END")
"""The agent is done. It belongs to no world's verbs and is never stepped or probed."""


class Feedback(NamedTuple):
    """A world's answer to an action.

    Attributes:
        kind: One of the world's kinds: `OK`, or the class of the reason why it cannot be done.
        text: The reason in words, empty if it works; without ids.
    """

    kind: str
    text: str = ""

    @property
    def ok(self) -> bool:
        """Whether the action works."""
        return self.kind == OK


class Tried(NamedTuple):
    """An action of the past and the kind of answer that it got."""

    action: Action
    kind: str


@dataclass(frozen=True, eq=False)
class View:
    """What an agent sees before an action, nothing of it known only to the world.

    What follows from the history alone (how often an object was used, whether in the last action,
    the number of steps) is not part of the features: whoever encodes a view adds it.

    Attributes:
        task: Name of the kind of task; empty where there is none.
        words: Words of the instruction, lower case, in order, with repetitions.
        ids: The N candidate objects (N,), distinct; every object of a teacher's action is in it.
        names: Their names (N,), for people.
        classes: Indices (N,) int64 into the world's classes.
        features: Their features (N, F) float32, each about within [-1, 1].
        context: Features (G,) float32 of the agent itself, likewise.
        history: All actions tried, oldest first, failed ones included.
        seen: What is near, in words, for agents that read; may be empty.
    """

    task: str
    words: tuple[str, ...]
    ids: tuple[int, ...]
    names: tuple[str, ...]
    classes: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    context: npt.NDArray[np.float32]
    history: tuple[Tried, ...] = ()
    seen: str = ""


class Episode(Protocol):
    """One task under way. All methods but `step` leave the state as it is."""

    @property
    def id(self) -> str:
        """Its name within the world."""

    @property
    def instruction(self) -> str:
        """What is to be done, in words."""

    @property
    def over(self) -> bool:
        """Whether the world itself has ended it; then it is neither viewed, probed nor stepped."""

    def view(self) -> View:
        """Return what the agent sees."""

    def probe(self, action: Action) -> Feedback:
        """Return what `step` would answer."""

    def step(self, action: Action) -> Feedback:
        """Act; an action that does not work leaves the state, and stays in the history.

        Any verb with any ids is answered, never raised for.
        """

    def succeeded(self) -> bool:
        """Return whether the goal holds now."""

    def teacher(self) -> Action | None:
        """Return the expert's action here, `END` where it is done, None where it knows none.

        Along the expert's own actions it always knows.
        """

    def repairs(self, action: Action, feedback: Feedback) -> Iterable[Action]:
        """Yield actions that might make a failed one possible, most likely first.

        They need not work: whoever asks tries them on a `fork`.
        """

    def fork(self) -> Episode:
        """Return an independent episode in this state; its teacher may know nothing."""


@dataclass(frozen=True)
class Language:
    """What a world's actions, answers and views are made of; a network is built for one.

    Attributes:
        verbs: All verbs, in a fixed order.
        kinds: All kinds of feedback, `OK` first.
        classes: Names of object classes.
        n_features: F of its views.
        n_context: G of its views.
    """

    verbs: tuple[Verb, ...]
    kinds: tuple[str, ...]
    classes: tuple[str, ...]
    n_features: int
    n_context: int


class World(Protocol):
    """A family of tasks with a shared language."""

    @property
    def name(self) -> str:
        """E.g. `"household"`."""

    @property
    def language(self) -> Language:
        """The language of its episodes."""

    @property
    def max_steps(self) -> int:
        """After so many steps a rollout stops."""

    def __hash__(self) -> int:
        """Return equal numbers for equal worlds."""

    def config(self) -> dict[str, Any]:
        """Return JSON-ready facts that say which world this is.

        Keys: world (its name), options (keyword arguments of its class that make it again), package
        (name and version of what simulates it).
        """

    def episodes(self, split: Split) -> Sequence[str]:
        """Return the ids of a split, in a fixed order."""

    def start(self, episode: str) -> Episode:
        """Start an episode; the same id gives the same one."""
