"""Where the VirtualHome package keeps its programs, graphs and goals; nothing is downloaded.

The Embodied Agent Interface published it (MIT). Its dependencies pin other packages back, and only
its simulator is used, which needs numpy alone: hence `INSTALL`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from rewardlab.e2cl.world import Action
from rewardlab.errors import UnknownName, UsageError

INSTALL = "pip install --no-deps virtualhome-eval==0.1.1"
_DATA = "dataset/programs_processed_precond_nograb_morepreconds"
_SCENE = "TrimmedTestScene1_graph/results_intentions_march-13-18"
_LINE = re.compile(r"^\[(\w+)\]")
_OBJECT = re.compile(r"<(.+?)>\s*\((?:\d+\.)?(\d+)\)")


class Program(NamedTuple):
    """What a person wrote down for a task.

    Attributes:
        id: E.g. `"1019_1"`.
        title: Name of the kind of task.
        description: How the person said it.
        actions: The steps, with ids of objects in the scene.
        classes: Names of the objects' classes by id, as the program calls them.
    """

    id: str
    title: str
    description: str
    actions: tuple[Action, ...]
    classes: dict[int, str]


class Goal(NamedTuple):
    """What has to hold at the end, and what has to have been done.

    Attributes:
        states: `(id, state)` of objects.
        relations: `(from id, relation, to id)`.
        actions: Sets of verbs, of each of which one has to have worked.
    """

    states: tuple[tuple[int, str], ...]
    relations: tuple[tuple[int, str, int], ...]
    actions: tuple[frozenset[str], ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.states or self.relations or self.actions)


def root() -> Path:
    """Return the package's folder.

    Raises:
        UsageError: It is not installed; the message is how to do that.
    """
    spec = find_spec("virtualhome_eval")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f"household tasks need the VirtualHome package: {INSTALL}")
    return Path(spec.submodule_search_locations[0])


@cache
def names() -> tuple[str, ...]:
    """Return the ids of all programs, in the order of their files' names."""
    files = sorted((root() / _DATA / "executable_programs" / _SCENE).glob("file*.txt"))
    return tuple(file.stem.removeprefix("file") for file in files)


@cache
def program(name: str) -> Program:
    """Return a program.

    Raises:
        UnknownName: There is none of that id.
    """
    if name not in names():
        raise UnknownName("household program", name, names())
    text = (root() / _DATA / "executable_programs" / _SCENE / f"file{name}.txt").read_text()
    title, description, *rest = (line.strip() for line in text.splitlines())
    lines = [line for line in rest if _LINE.match(line)]
    found = [_OBJECT.findall(line) for line in lines]
    actions = tuple(
        Action(_LINE.match(line)[1].upper(), tuple(int(i) for _, i in objects))  # type: ignore[index]
        for line, objects in zip(lines, found, strict=True)
    )
    classes = {int(i): named.lower().replace(" ", "_") for each in found for named, i in each}
    return Program(name, title, description, actions, classes)


@cache
def goal(name: str) -> Goal:
    """Return the goal of a program, an empty one where the package has none."""
    asked = _goals().get(name, {"goal": [], "actions": []})
    states = [(e["id"], e["state"]) for e in asked["goal"] if "state" in e]
    relations = [
        (e["from_id"], e["relation_type"], e["to_id"]) for e in asked["goal"] if "state" not in e
    ]
    actions = [frozenset(verbs.split("|")) for verbs in asked["actions"]]
    return Goal(tuple(states), tuple(relations), tuple(actions))


def graph(name: str) -> dict[str, Any]:
    """Return the scene in which a program begins: `nodes` and `edges`."""
    path = root() / _DATA / "init_and_final_graphs" / _SCENE / f"file{name}.json"
    return dict(json.loads(path.read_text())["init_graph"])


@cache
def equivalence() -> dict[str, list[str]]:
    """Return names that stand for the same class."""
    path = root() / "resources" / "class_name_equivalence.json"
    return dict(json.loads(path.read_text()))


@cache
def _goals() -> dict[str, dict[str, Any]]:
    path = root() / "resources" / "virtualhome" / "task_state_LTL_formula_accurate.json"
    tasks = json.loads(path.read_text())["scene_1"].values()
    return {name: each["vh_goal"] for task in tasks for name, each in task.items()}
