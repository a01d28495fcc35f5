"""What only the compiler refuses is refused by the reading: a worker could not say why."""

import ast
import contextlib

import pytest

from rewardlab.program.reading import read

HEAD = "def compute_dense_reward(self, action):\n"


def match(*patterns):
    arms = "".join(f"        case {pattern}:\n            pass\n" for pattern in patterns)
    return f"match 1:\n{arms}    return 1.0"


def nested(head, n):
    return "".join(f"{head}:\n{'    ' * (i + 2)}" for i in range(n)) + "pass\n"


BODIES = {
    "walrus in iterable": "return sum([v for v in (w := [1.0])])",
    "walrus in inner iterable": "return sum([u for v in [[1.0]] for u in (w := v)])",
    "walrus in lambda in iterable": "return sum([v for v in (lambda: (w := [1.0]))()])",
    "walrus rebinds": "return sum([1.0 for x in [1.0] if (x := 1)])",
    "walrus rebinds later": "return sum([1.0 for i in [1] if (j := 1) for j in [2]])",
    "walrus rebinds outer": "return sum([sum([(x := y) for y in [1.0]]) for x in [1.0]])",
    "keyword repeated": "return max([1.0], default=1.0, default=2.0)",
    "names bound differently": match("1 | x"),
    "alternatives differ": match("(1 as x) | (2 as y)"),
    "wildcard first": match("_", "1"),
    "capture first": match("x", "1"),
    "wildcard in or": match("_ | 1"),
    "bound twice": match("(1 as x) as x"),
    "star after many": f"{', '.join(f'a{i}' for i in range(256))}, *b = range(300)\n    return 1.0",
    "loops nested": nested("for i in [1]", 21) + "    return 1.0",
    "tries nested": (
        nested("try", 21)
        + "".join(f"{'    ' * i}finally:\n{'    ' * (i + 1)}pass\n" for i in range(21, 0, -1))
        + "    return 1.0"
    ),
}
FINE = [
    "return sum([(w := v) for v in [1.0]])",
    "return sum([v for v in [1.0] if (w := v) > 0])",
    match("1 | 2", "x"),
    match("(1 | 2) as x if x > 1", "_"),
    match("x if x > 1", "_"),
    nested("for i in [1]", 18) + "    return 1.0",
]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_the_compiler_refuses_is_refused_in_the_reading(schema, body):
    reading = read(HEAD + "    " + body, schema)
    assert reading.findings[0].code in ("RewardSyntaxError", "SourceTooComplex")
    assert reading.findings[0].line is not None


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_compiler_does_refuse_it(body):
    with pytest.raises(SyntaxError):
        compile(HEAD + "    " + body, "<program>", "exec")


@pytest.mark.parametrize("body", FINE)
def test_what_it_takes_is_taken(schema, body):
    reading = read(HEAD + "    " + body, schema)
    assert reading.ok, reading.findings
    with contextlib.suppress(TypeError):
        compile(reading.tree, "<program>", "exec")
    assert isinstance(reading.tree, ast.Module)
