"""The trusted side parses program text and never compiles, folds or runs it."""

import ast
import builtins
from pathlib import Path

import numpy as np
import pytest

import rewardlab
from rewardlab.coders.extraction import extract
from rewardlab.evaluation.explain import explain
from rewardlab.program.diff import program_diff
from rewardlab.program.predicate import predicate_program
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.sandbox import worker as jailed_worker
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker

ROOT = Path(rewardlab.__file__).parent
SOURCE = """
MARK = 9 ** 9

def compute_dense_reward(self, action):
    near = 1.0 - np.tanh(np.linalg.norm(self.obj1.position))  # how near
    return near + 2 ** 10 * 0.0, {"near": near}
"""


def calls():
    """Yield where rewardlab calls what compiles or runs text or trees."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in ("compile", "exec", "eval", "__import__"):
                yield path.relative_to(ROOT).as_posix(), name


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_only_the_worker_compiles_and_only_the_zygote_has_the_worker():
    assert set(calls()) == {
        *(("sandbox/worker.py", "compile"), ("sandbox/worker.py", "exec")),
        ("sandbox/namespace.py", "compile"),  # a constant text, in the zygote
    }
    users = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if "rewardlab.sandbox.worker" in set(imported(path))
    ]
    assert users == ["sandbox/zygote.py"]


def test_whatever_the_parent_does_with_a_program_is_parsing(schema, monkeypatch):
    plain, compiled = builtins.compile, []

    def watched(source, *args, **options):
        flags = args[2] if len(args) > 2 else options.get("flags", 0)
        if not flags & ast.PyCF_ONLY_AST:
            compiled.append(source)
        return plain(source, *args, **options)

    monkeypatch.setattr(builtins, "compile", watched)
    program = RewardProgram(SOURCE)
    assert read(SOURCE, schema).ok
    assert extract(f"Here:\n```python\n{SOURCE}```\n") is not None
    assert explain(SOURCE)["near"].text == "how near"
    assert program_diff(program, RewardProgram(SOURCE.replace("9", "8")))
    assert predicate_program("obj1.position[2] > 2 ** 3", schema).id
    with RewardWorker(SOURCE, schema) as worker:
        assert worker.evaluate(np.ones((1, schema.row_size))).names == ("near",)
    assert compiled == []


def test_the_very_tree_that_was_checked_is_compiled(schema, monkeypatch):
    """Loading takes the text from its job once, reads it, and hands on the tree of that reading."""
    readings, compiled = [], []
    plain = builtins.compile

    def reader(source, scene):
        readings.append((source, read(source, scene)))
        return readings[-1][1]

    def compiler(tree, *args, **options):
        if args[:1] == (jailed_worker.FILE,):
            compiled.append(tree)
        return plain(tree, *args, **options)

    monkeypatch.setattr(jailed_worker, "read", reader)
    monkeypatch.setattr(jailed_worker, "close_codecs", lambda: None)
    monkeypatch.setattr(jailed_worker.sys, "setrecursionlimit", lambda _: None)
    monkeypatch.setattr(builtins, "compile", compiler)
    job = {"source": SOURCE, "schema": schema.to_json(), "terms": [], "read": True}
    evaluator = jailed_worker._load(job)
    assert [source for source, _ in readings] == [SOURCE]
    assert compiled == [readings[0][1].tree]
    assert evaluator.evaluate(np.ones(schema.row_size)).reward > 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("x = np.ones(10 ** 10)\n    return x[0]", "RewardMemoryExceeded"),
        ("x = [0] * 10 ** 11\n    return x[0]", "RewardMemoryExceeded"),
        ("return sum([[0] * 1000] * 100000, [])[0]", ("RewardTimeout", "RewardMemoryExceeded")),
        ("return 10 ** 10 ** 8 % 7", "RewardTimeout"),
        ("def f(n):\n        return f(n + 1)\n    return f(0)", "RewardRuntimeError"),
    ],
)
def test_what_reading_lets_through_the_worker_contains(schema, body, code):
    source = f"def compute_dense_reward(self, action):\n    {body}\n"
    assert read(source, schema).ok
    with RewardWorker(source, schema) as worker, pytest.raises(WorkerFault) as caught:
        worker.evaluate(np.ones((1, schema.row_size)))
    assert caught.value.code in code
