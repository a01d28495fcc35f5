"""A world of three things, small enough to know every answer: put the mug from the box on a table.

It is complete: verbs of 0, 1 and 2 objects, feedback with reasons, repairs. Its expert knows what
to do in any state; in the episode "bad" its third action fails, in "lost" it gives up there, in
"empty" its first action fails.
"""

from dataclasses import dataclass, replace

import numpy as np

from rewardlab.e2cl.world import END, OK, Action, Feedback, Language, Tried, Verb, View

VERBS = (Verb("stand", 0), Verb("walk", 1), Verb("open", 1), Verb("grab", 1), Verb("put", 2))
KINDS = (OK, "verb", "arity", "absent", "sitting", "far", "closed", "hand", "affordance")
NAMES = ("mug", "box", "table", "chair")


@dataclass(frozen=True)
class State:
    sitting: bool = False
    near: str = ""
    open: bool = False
    held: bool = False
    placed: bool = False


class ToyEpisode:
    over = False
    instruction = "Put the mug on the table."

    def __init__(self, name):
        self.id = name
        rng = np.random.default_rng(sum(map(ord, name)))
        names = [*NAMES, *["chair"] * int(rng.integers(3))]
        ids = rng.permutation(len(names)) + 1
        self.things = {int(i): name for i, name in zip(ids, names, strict=True)}
        self.state = State(sitting=bool(rng.integers(2)))
        self.history = ()

    def find(self, name):
        return next(i for i, other in self.things.items() if other == name)

    def view(self):
        features = [[float(name == self.state.near), 1.0] for name in self.things.values()]
        s = self.state
        return View(
            "put", ("put", "the", "mug", "on", "the", "table"),
            tuple(self.things), tuple(self.things.values()),
            np.array([NAMES.index(name) for name in self.things.values()], np.int64),
            np.array(features, np.float32),
            np.array([s.sitting, s.open, s.held, s.placed], np.float32),
            self.history,
        )  # fmt: skip

    def probe(self, action):
        return self._try(action)[0]

    def step(self, action):
        told, self.state = self._try(action)
        self.history = (*self.history, Tried(action, told.kind))
        return told

    def _try(self, action):
        kind, after = _rules(self.state, action, self.things)
        return Feedback(kind, "" if kind == OK else f"cannot: {kind}"), after

    def succeeded(self):
        return self.state.placed

    def teacher(self):
        n, s = len(self.history), self.state
        if (self.id, n) in (("bad", 2), ("empty", 0)):
            return Action("grab", (self.find("table"),))
        if (self.id, n) == ("lost", 2):
            return None
        if s.placed:
            return END
        if s.sitting:
            return Action("stand")
        aim = "table" if s.held else "box"
        if s.near != aim:
            return Action("walk", (self.find(aim),))
        if s.held:
            return Action("put", (self.find("mug"), self.find("table")))
        return (
            Action("grab", (self.find("mug"),)) if s.open else Action("open", (self.find("box"),))
        )

    def repairs(self, action, feedback):
        yield Action("stand")
        yield from (Action("walk", (i,)) for i in (self.find("box"), self.find("table")))
        yield Action("open", (self.find("box"),))

    def fork(self):
        twin = ToyEpisode(self.id)
        twin.state, twin.history = self.state, self.history
        return twin


def _rules(s, action, things):
    arity = {verb.name: verb.arity for verb in VERBS}
    if action.verb not in arity:
        return "verb", s
    if len(action.objects) != arity[action.verb]:
        return "arity", s
    if not set(action.objects) <= set(things):
        return "absent", s
    names = [things[i] for i in action.objects]
    if action.verb == "stand":
        return (OK, replace(s, sitting=False)) if s.sitting else ("sitting", s)
    if s.sitting:
        return "sitting", s
    return _MOVES[action.verb](s, *names)


def _walk(s, name):
    return OK, replace(s, near="box" if name == "mug" and not s.held else name)


def _open(s, name):
    if name != "box":
        return "affordance", s
    return (OK, replace(s, open=True)) if s.near == "box" else ("far", s)


def _grab(s, name):
    if name != "mug":
        return "affordance", s
    if s.held or s.placed:
        return "hand", s
    if s.near != "box":
        return "far", s
    return (OK, replace(s, held=True)) if s.open else ("closed", s)


def _put(s, name, place):
    if not s.held or name != "mug":
        return "hand", s
    if place != "table":
        return "affordance", s
    return (OK, replace(s, held=False, placed=True)) if s.near == "table" else ("far", s)


_MOVES = {"walk": _walk, "open": _open, "grab": _grab, "put": _put}


@dataclass(frozen=True)
class Toy:
    n_train: int = 12
    n_test: int = 6
    extra: tuple[str, ...] = ()
    name = "toy"
    max_steps = 12
    language = Language(VERBS, KINDS, NAMES, 2, 4)

    def config(self):
        return {"world": "toy", "options": {"n_train": self.n_train}, "package": "toy 1"}

    def episodes(self, split):
        first, n = (0, self.n_train) if split == "train" else (1000, self.n_test)
        return (*(str(first + i) for i in range(n)), *(self.extra if split == "train" else ()))

    def start(self, episode):
        return ToyEpisode(episode)
