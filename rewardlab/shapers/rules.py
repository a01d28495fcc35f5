"""A designed reward as people read it: a table of rules, and a reward program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.size import measured
from rewardlab.shapers.abstract import Abstraction, Numbers, Prototypes, Tree
from rewardlab.shapers.base import Array

INDENT = "    "


class Rule(NamedTuple):
    """One cell.

    Attributes:
        cell: Its number.
        low: Entries of the observation that are above a bound.
        high: Entries that are at most a bound.
    """

    cell: int
    low: dict[int, float]
    high: dict[int, float]

    def __str__(self) -> str:
        """Return e.g. `-0.5 < obs[2] <= 0.1 and obs[3] > 1`."""
        said = []
        for i in sorted(self.low.keys() | self.high.keys()):
            if i not in self.high:
                said.append(f"obs[{i}] > {self.low[i]:g}")
            else:
                below = f"{self.low[i]:g} < " if i in self.low else ""
                said.append(f"{below}obs[{i}] <= {self.high[i]:g}")
        return " and ".join(said) or "always"


def rules(tree: Tree) -> Iterator[Rule]:
    """Yield what is true in each cell, from left to right."""
    yield from _rules(tree, 0, {}, {})


def rule_table(abstraction: Abstraction | None, reward: Array) -> str:
    """Return a Markdown table: cell, rule, best paid action and what every action is paid.

    Raises:
        UsageError: The cells are no leaves of a tree.
    """
    found = _tree_of(abstraction)
    names = _names(found.actions)
    lines = [
        "| cell | where | best paid | " + " | ".join(names) + " |",
        "|---" * (len(names) + 3) + "|",
    ]
    for rule in rules(_tree(found)):
        paid = reward[rule.cell]
        cells = " | ".join(f"{value:.4g}" for value in paid)
        lines.append(f"| {rule.cell} | {rule} | {names[int(paid.argmax())]} | {cells} |")
    return "\n".join(lines) + "\n"


def program(abstraction: Abstraction | None, reward: Array, task: Task) -> RewardProgram:
    """Return a reward program with nested conditions that pays what the table does, to 1e-10.

    Raises:
        UsageError: The cells are no leaves of a tree, the task shows programs another observation
            or none, or there are more cells and prototypes than a program may have.
    """
    found = _tree_of(abstraction)
    tree, slot = _tree(found), task.scene.layout.get("obs")
    if slot is None or slot.stop - slot.start <= int(tree.feature.max()):
        raise UsageError(
            f"programs of {task.id} do not see the observation that the design was made on; use a "
            "gym/… task of the environment that its teacher was trained in"
        )
    head, choice = _choice(found.actions)
    body = "\n".join(_branch(tree, reward, 0, INDENT))
    source = f"{head}def compute_dense_reward(self, action):\n{INDENT}obs = self.previous.obs\n"
    source += f"{choice}{body}\n"
    if isinstance(finding := measured(source), Finding):
        raise UsageError(
            f"{tree.n} cells with {found.actions.n} actions are too many for a reward program "
            f"({finding.message}): let the teacher have fewer cells or prototypes"
        )
    return RewardProgram(source, task.id, task.goal, origin="offline")


def _rules(tree: Tree, node: int, low: dict[int, float], high: dict[int, float]) -> Iterator[Rule]:
    if tree.feature[node] < 0:
        yield Rule(int(tree.cell[node]), low, high)
        return
    i, at = int(tree.feature[node]), float(tree.threshold[node])
    yield from _rules(tree, int(tree.left[node]), low, {**high, i: min(at, high.get(i, at))})
    yield from _rules(tree, int(tree.right[node]), {**low, i: max(at, low.get(i, at))}, high)


def _branch(tree: Tree, reward: Array, node: int, pad: str) -> Iterator[str]:
    if tree.feature[node] < 0:
        paid = ", ".join(repr(round(float(value), 10)) for value in reward[tree.cell[node]])
        yield f"{pad}return ({paid})[nearest]"
        return
    yield f"{pad}if obs[{tree.feature[node]}] <= {float(tree.threshold[node])!r}:"
    yield from _branch(tree, reward, int(tree.left[node]), pad + INDENT)
    yield from _branch(tree, reward, int(tree.right[node]), pad)


def _choice(actions: Prototypes | Numbers) -> tuple[str, str]:
    """Return what a program needs before it, and the line that finds the prototype."""
    if isinstance(actions, Numbers):
        start = f" - {actions.start}" if actions.start else ""
        return "", f"{INDENT}nearest = action{start}\n"
    points = ", ".join(repr([float(x) for x in point]) for point in actions.points)
    return (
        f"import numpy as np\n\nPROTOTYPES = np.array([{points}])\n\n\n",
        f"{INDENT}nearest = int(np.argmin(((PROTOTYPES - action) ** 2).sum(axis=1)))\n",
    )


def _names(actions: Prototypes | Numbers) -> list[str]:
    if isinstance(actions, Numbers):
        return [f"action {i + actions.start}" for i in range(actions.n)]
    return [np.array2string(point, precision=2, separator=" ") for point in actions.points]


def _tree_of(abstraction: Abstraction | None) -> Abstraction:
    if abstraction is None or not isinstance(abstraction.cells, Tree):
        raise UsageError(
            "rules are those of a tree over observations: design with a Teacher; a table over "
            "states is its own"
        )
    return abstraction


def _tree(abstraction: Abstraction) -> Tree:
    assert isinstance(abstraction.cells, Tree)
    return abstraction.cells
