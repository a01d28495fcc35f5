"""Solved examples for few-shot prompts, chosen by likeness of the task and never leaking it."""

from __future__ import annotations

import ast
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rewardlab.coders.base import Example
from rewardlab.coders.library import Solved, reference
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema

NEAR_DUPLICATE = 0.9
"""Likeness from which two texts count as the same."""

_EVALUATION = {
    "metaworld": "window-open window-close door-close drawer-open drawer-close door-unlock "
    "sweep-into button-press handle-press handle-press-side handle-pull",
    "tabletop": "lift-cube pick-cube stack-cube turn-faucet open-cabinet-door "
    "open-cabinet-drawer push-chair",
    "locomotion": "hopper-forward hopper-front-flip hopper-back-flip ant-forward ant-lie-down "
    "ant-wave-leg",
}
EVALUATION_TASKS = frozenset(
    f"{suite}/{name}" for suite, names in _EVALUATION.items() for name in names.split()
)
"""The tasks that methods are compared on: never shown as examples."""


def retrieve(
    goal: str,
    k: int,
    *,
    task_id: str,
    env_id: str,
    scene: Schema,
    among: Sequence[Solved] | None = None,
) -> tuple[Example, ...]:
    """Return up to `k` examples whose goals are most like a goal, best first, ties by task id.

    Left out are examples of the same task or environment, programs that equal one of theirs up to
    names, near-duplicates of the goal or of each other, tasks that methods are compared on, and
    programs that do not read as valid in this scene.

    Args:
        goal: What is asked.
        k: How many at most.
        task_id: The task that is asked about.
        env_id: Its environment.
        scene: Its scene.
        among: The examples to choose from; by default the packaged ones.
    """
    candidates = reference() if among is None else among
    own = {s for s in candidates if s.task_id == task_id or s.env_id == env_id}
    secret = {shape(s.source) for s in own}
    likeness = similarities(goal, [s.goal for s in candidates])
    chosen: list[Solved] = []
    for score, solved in sorted(
        zip(likeness, candidates, strict=True), key=lambda item: (-item[0], item[1].task_id)
    ):
        leaks = solved in own or shape(solved.source) in secret or score >= NEAR_DUPLICATE
        if leaks or solved.task_id in EVALUATION_TASKS or _repeats(solved, [*chosen, *own]):
            continue
        if len(chosen) < k and read(solved.source, scene).ok:
            chosen.append(solved)
    return tuple(Example(s.task_id, s.goal, s.source) for s in chosen)


def shape(source: str) -> str:
    """Return a hash of a program that renaming, comments and layout do not change."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        for attribute in ("id", "arg"):
            name = getattr(node, attribute, None)
            if isinstance(name, str):
                setattr(node, attribute, names.setdefault(name, f"v{len(names)}"))
        if isinstance(node, ast.FunctionDef):
            node.name = names.setdefault(node.name, f"v{len(names)}")
            node.returns = None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def similarities(query: str, texts: Sequence[str]) -> list[float]:
    """Return the cosine between the TF-IDF vectors of a text and of others, in [0, 1].

    Terms are runs of 3 to 5 characters of the lower-cased text with single blanks.
    """
    grams = [_grams(text) for text in (query, *texts)]
    n_with = Counter(gram for counts in grams for gram in counts)
    weight = {gram: 1.0 + math.log((1 + len(grams)) / (1 + n)) for gram, n in n_with.items()}
    vectors = [_unit({g: n * weight[g] for g, n in counts.items()}) for counts in grams]
    return [_dot(vectors[0], vector) for vector in vectors[1:]]


def _repeats(solved: Solved, others: Iterable[Solved]) -> bool:
    others = list(others)
    if any(shape(solved.source) == shape(other.source) for other in others):
        return True
    same = similarities(solved.source, [other.source for other in others])
    return any(score >= NEAR_DUPLICATE for score in same)


def _grams(text: str) -> Counter[str]:
    plain = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.lower()).split())} "
    return Counter(plain[i : i + n] for n in (3, 4, 5) for i in range(len(plain) - n + 1))


def _unit(vector: dict[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(x * x for x in vector.values()))
    return {gram: x / norm for gram, x in vector.items()} if norm else vector


def _dot(a: dict[str, Any], b: dict[str, Any]) -> float:
    return float(sum(x * b[gram] for gram, x in a.items() if gram in b))
