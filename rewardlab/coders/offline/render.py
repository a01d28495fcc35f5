"""Writes a draft down as a program that a person can read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from rewardlab.coders.offline.plan import Change, Draft, Number, Piece, Plan

WIDTH = 96

WRITTEN = "rewardlab's offline composer, which puts known skills"
"""What the docstring of every composed program says."""

IMPORTS = {
    "math": "import math",
    "np": "import numpy as np",
    "cdist": "from scipy.spatial.distance import cdist",
}
"""What brings the names that programs use."""

HELPERS = {
    "closeness": '''
def closeness(distance, start):
    """1 on the spot, 0.1 as far away as at the start; it never stops pulling."""
    return 1.0 / (1.0 + (3.0 * distance / max(start, 0.05)) ** 2)
''',
    "closeness/gaussian": '''
def closeness(distance, start):
    """1 on the spot, about 0.1 as far away as at the start; steepest half-way."""
    return math.exp(-2.3 * (distance / max(start, 0.05)) ** 2)
''',
    "share": '''
def share(x):
    """x between 0 and 1."""
    return min(max(x, 0.0), 1.0)
''',
    "funnel": '''
def funnel(hand, thing):
    """Way for the hand to come down on a thing: the further aside, the higher it should be."""
    aside = max(math.hypot(hand[0] - thing[0], hand[1] - thing[1]) - SLACK, 0.0)
    height = hand[2] - thing[2]
    return aside + math.hypot(aside, height - min(aside, HOVER))
''',
    "way_to": '''
def way_to(hand, thing):
    """Straight way for the hand to a thing."""
    return max(math.dist(hand, thing) - SLACK, 0.0)
''',
    "rest": '''
def rest(x):
    """1 at 0, a half at 0.5 to either side."""
    return 1.0 / (1.0 + (2.0 * x) ** 2)
''',
    "within": '''
def within(x, low, high, margin):
    """1 from low to high, falling to 0 at `margin` outside."""
    return share(1.0 - max(low - x, x - high, 0.0) / margin)
''',
}


def render(plan: Plan, draft: Draft, remark: str = "") -> str:
    """Return the program's text, with a remark for its docstring."""
    body = _terms(plan, draft)
    members = [f"    {name} = {value}" for name, value in draft.members if _uses(body, name)]
    function = [
        "def compute_dense_reward(self, action):",
        '    """Return the reward of this step, and its terms."""',
        *members,
        *body,
    ]
    code = "\n".join(function)
    helpers = _helpers(code, str(plan.options.get("closeness", "")))
    constants = _constants(plan, draft, "\n".join((code, *helpers)))
    imports = _imports("".join((code, *helpers)))
    head = "\n\n".join((_header(plan, draft, remark), *imports, constants))
    return "\n\n\n".join((head, *helpers, code)) + "\n"


def _imports(code: str) -> list[str]:
    lines = [line for name, line in IMPORTS.items() if re.search(rf"\b{name}\b", code)]
    standard = [line for line in lines if line == "import math"]
    others = [line for line in lines if line != "import math"]
    return ["\n".join(part) for part in (standard, others) if part]


def _header(plan: Plan, draft: Draft, remark: str) -> str:
    lines = [*_wrap(f'"""{_clean(plan.goal)}', ""), "", *_wrap(f"{_origin(plan)} {remark}", "")]
    lines += ["", "What it pays for, per step and at most:"]
    paid = _paid(plan, draft)
    wide = max(len(piece.term) for piece in paid)
    for i, piece in enumerate(paid, 1):
        worth = plan.weights[piece.term]
        mark = "   -" if piece.cost else f"{i:>3}."
        sign = "-" if piece.cost else " "
        lines.append(f"{mark} {piece.term:<{wide}}  {sign}{worth:<5g}  {piece.doc}")
    lines += ["", *_wrap(_moral(plan, draft), "")]
    lines += _changes("What else the goal said:", plan.heeded)
    lines += _changes("What comments changed:", plan.changes)
    return "\n".join(line.rstrip() for line in [*lines, '"""'])


def _changes(title: str, changes: Iterable[Change]) -> list[str]:
    told = (f'"{_clean(change.comment)}": {change.effect}' for change in changes)
    lines = [line for text in told for line in _wrap(text, "    ", "  - ")]
    return ["", title, *lines] if lines else []


def _origin(plan: Plan) -> str:
    return (
        f"Written for {plan.task_id} by {WRITTEN} "
        f"together by rule (here: {plan.skill}); no language model took part."
    )


def _moral(plan: Plan, draft: Draft) -> str:
    stages = [piece for piece in _paid(plan, draft) if not piece.cost]
    if len(stages) > 2 and plan.family in ("move", "carry"):
        return (
            "Each stage keeps paying while the next one adds to it, so to go on is always worth "
            "more than to stay."
        )
    return "Every term is bounded, so none can drown the others."


def _constants(plan: Plan, draft: Draft, code: str) -> str:
    worth = [
        (p.term.upper(), _number(plan.weights[p.term]), p.doc + (" (cost)" if p.cost else ""))
        for p in _paid(plan, draft)
    ]
    sizes = [(n, _value(v), doc) for n, v, doc in draft.constants if _uses([code], n)]
    blocks = ["# What each term is worth.\n" + _table(worth)]
    blocks += ["# Sizes.\n" + _table(sizes)] if sizes else []
    return "\n\n".join(blocks)


def _table(rows: list[tuple[str, str, str]]) -> str:
    code = [f"{name} = {value}" for name, value, _ in rows]
    wide = max(map(len, code))
    return "\n".join(
        f"{line:<{wide}}  # {doc}" for line, (_, _, doc) in zip(code, rows, strict=True)
    )


def _value(value: Number) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_number, value)) + ")"
    return _number(value)


def _number(value: float) -> str:
    text = f"{value:g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _helpers(code: str, kernel: str) -> list[str]:
    """Return the helper functions that the code calls, in an order in which each is defined."""
    names = [name for name in HELPERS if f"{name}(" in code and name != "share"]
    texts = [HELPERS.get(f"{name}/{kernel}", HELPERS[name]) for name in names]
    if any("share(" in text for text in (code, *texts)):
        texts.insert(0, HELPERS["share"])
    return [text.strip("\n") for text in texts]


def _terms(plan: Plan, draft: Draft) -> list[str]:
    paid = _paid(plan, draft)
    terms = [
        f'        "{p.term}": {"-" if p.cost else ""}{p.term.upper()} * {p.value},' for p in paid
    ]
    lines: list[str] = []
    for piece, code in _needed(draft, terms):
        title = [f"    # {piece.term}: {piece.doc}."] if piece in paid else []
        lines += ["", *title, *(f"    {line}" for line in code)]
    return [*lines, "", "    terms = {", *terms, "    }", "    return sum(terms.values()), terms"]


def _paid(plan: Plan, draft: Draft) -> list[Piece]:
    pieces = [piece for piece in draft.pieces if piece.term in plan.weights]
    return sorted(pieces, key=lambda piece: piece.cost)


def _needed(draft: Draft, terms: list[str]) -> list[tuple[Piece, list[str]]]:
    """Return the code of each piece that terms use, directly or not; an unpaid piece's too."""
    used = list(terms)
    needed: list[tuple[Piece, list[str]]] = []
    for piece in reversed(draft.pieces):
        kept: list[str] = []
        for line in reversed(piece.lines):
            if _uses(used, line.partition(" = ")[0]):
                used.append(line)
                kept.insert(0, line)
        if kept:
            needed.insert(0, (piece, kept))
    return needed


def _uses(lines: list[str], name: str) -> bool:
    pattern = re.compile(rf"(?<![\w.\"]){name}(?!\w)")
    return any(pattern.search(line.split("#")[0]) for text in lines for line in text.splitlines())


def _wrap(text: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first or indent,
        subsequent_indent=indent,
        break_long_words=False,
    )


def _clean(text: str) -> str:
    """Return a person's words so that they cannot leave a docstring."""
    text = " ".join(text.split()).replace("\\", "/").replace('"', "'")
    return "".join(c for c in text if c.isprintable())[:300]
