"""Whatever the text, reading ends, raises nothing and accepts only what can be compiled."""

import ast
import contextlib
import inspect
import string
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardlab.program.reading import Reading, read

PROGRAMS = [
    path.read_text("utf-8") for path in sorted((Path(__file__).parent / "programs").glob("*.py"))
]
WORDS = [
    *("def compute_dense_reward(self, action):\n    ", "return ", "self", ".robot", "np", ".add"),
    *("(", ")", "[", "]", "{", "}", ",", ":", "=", "\n", "\n    ", " for x in ", " if ", " else "),
    *(
        "lambda x: ",
        "import ",
        "from ",
        "as ",
        "x",
        "1.5",
        "'a'",
        'f"{x:.3f}"',
        "**",
        "*",
        "-",
        ":=",
    ),
    *(
        "class A:\n    ",
        "try:\n    ",
        "except ",
        "match x:\n case ",
        "getattr(self, 'x')",
        "_",
        "\0",
    ),
    *(
        "hasattr",
        "getattr",
        "global ",
        "yield ",
        "await ",
        "async ",
        "with ",
        "del ",
        "@",
        "\\",
        "#",
    ),
]
ORDINARY = settings(max_examples=150, deadline=None, database=None, derandomize=True)


def check(source, schema):
    reading = read(source, schema)
    assert isinstance(reading, Reading)
    assert reading.ok != any(f.severity == "error" for f in reading.findings)
    for finding in reading.findings:
        assert "\n" not in str(finding)
    if reading.ok:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(reading.tree, "<program>", "exec")


@ORDINARY
@given(text=st.text(max_size=300))
def test_any_text(schema, text):
    check(text, schema)


@ORDINARY
@given(text=st.text(alphabet=string.printable, max_size=300))
def test_any_printable_body(schema, text):
    check("def compute_dense_reward(self, action):\n    " + text, schema)


@ORDINARY
@given(words=st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_sequence_of_words(schema, words):
    check("".join(words), schema)


@ORDINARY
@given(data=st.data())
def test_any_edit_of_a_good_program(schema, data):
    source = data.draw(st.sampled_from(PROGRAMS))
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 20)))
    new = data.draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)))
    check(source[:start] + new + source[end:], schema)


@ORDINARY
@given(data=st.data())
def test_any_exchange_of_expressions(schema, data):
    tree = ast.parse(data.draw(st.sampled_from(PROGRAMS)))
    nodes = list(ast.walk(tree))
    places = [
        (i, name)
        for i, node in enumerate(nodes)
        for name, value in ast.iter_fields(node)
        if isinstance(value, ast.expr) and isinstance(getattr(value, "ctx", ast.Load()), ast.Load)
    ]
    (i, x), (j, y) = (data.draw(st.sampled_from(places)) for _ in range(2))
    a, b = nodes[i], nodes[j]
    first, second = getattr(a, x), getattr(b, y)
    inside = set(ast.walk(first)) | set(ast.walk(second))
    if a in inside or b in inside:
        return
    setattr(a, x, second)
    setattr(b, y, first)
    with contextlib.suppress(ValueError):  # what no text says
        check(ast.unparse(tree), schema)


@pytest.mark.parametrize(
    "source",
    [
        *("", " ", "\0", "\ufeff", "\ud800", "\x0c", "x" * 100_000, "\n" * 19_000, "\\\n" * 9_000),
        *("-" * 19_000 + "1", "not " * 4_900 + "1", "(" * 19_000, "[" * 59, "a" + ".b" * 9_000),
        *("1" * 19_000, "x = " + "9" * 5_000, "f" + "'{" * 900, "'" * 19_001, '"""' * 6_000),
        *("lambda: " * 2_400 + "1", "a if b else " * 1_600 + "c", "x = " * 4_000 + "1"),
        *("a**" * 6_000 + "a", "a=" * 9_000 + "a", "await " * 3_000 + "a", "*" * 19_000),
        *("if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 150)), "f(" * 59 + ")" * 59),
        *("f'{" * 40 + "1" + "}'" * 40, "x[" * 60 + "]" * 60, "@" * 19_000, "~" * 63 + "1"),
        *("a = b\nb = a\n" * 300, "".join(f"a{i + 1} = a{i}\n" for i in range(900))),
        *("def f():\n pass\n" * 700, "import os\n" * 1_300, "from a import " + "b," * 3_000 + "c"),
    ],
    ids=range(37),
)
def test_hostile_sizes_and_shapes(schema, source):
    check(source, schema)
    body = "".join(f"    {line}\n" for line in source.split("\n")[:2_000])
    check("def compute_dense_reward(self, action):\n" + body + "    return 1.0", schema)


def test_reading_needs_little_of_the_stack(schema):
    """A worker reads with little recursion to spare, and so may any caller."""
    deep = f"{'[' * 25}{'+'.join(['1.0'] * 25)}{']' * 25}"
    nested = "def compute_dense_reward(self, action):\n    return " + deep
    depth = len(inspect.stack())
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 120)
    try:
        readings = [read(source, schema) for source in (*PROGRAMS, nested)]
    finally:
        sys.setrecursionlimit(limit)
    assert all(reading.ok for reading in readings)
