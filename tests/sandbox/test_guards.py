"""The seam that turns layers off one by one: it does, and only tests use it."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rewardlab
from rewardlab.sandbox.capabilities import layers
from rewardlab.sandbox.jail import Guards

ROOT = Path(rewardlab.__file__).parent
OPEN = Guards(reading=False, seccomp=False, landlock=False, rlimits=False)

FORBIDDEN = {
    "seccomp": "import os; return float(os.kill(os.getpid(), 0) is None)",
    "landlock": f"import os; return float(os.open({sys.executable!r}, os.O_RDONLY))",
    "rlimits": "import resource; return 1.0 - (resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 0)",
}


@functools.cache
def nodes() -> list[tuple[str, ast.AST]]:
    texts = ((path, path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py"))
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for path, text in texts
        if any(word in text for word in ("Guards", "_guards", "RewardWorker"))
        for node in ast.walk(ast.parse(text))
    ]


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path, node in nodes():
        if isinstance(node, ast.Call) and ends_in(node.func, name):
            yield path, node


def ends_in(function: ast.expr, name: str) -> bool:
    return getattr(function, "id", getattr(function, "attr", None)) == name


def words(call: ast.Call) -> list[str | None]:
    return [keyword.arg for keyword in call.keywords]


def test_no_guard_is_off_by_default() -> None:
    assert Guards() == (True, True, True, True)


def test_nothing_of_ours_turns_a_guard_off_but_the_doctor_for_its_own_program() -> None:
    guards = {path for path, call in calls("Guards") if call.args or call.keywords}
    workers = {path for path, call in calls("RewardWorker") if "_guards" in words(call)}
    anything = {
        path
        for path, node in nodes()
        if isinstance(node, ast.keyword | ast.arg) and node.arg == "_guards"
    }
    assert guards == workers == {"sandbox/doctor/attacks.py"}
    assert anything == {"sandbox/doctor/attacks.py", "sandbox/client.py"}


def test_the_doctor_goes_past_reading_with_its_own_program_alone() -> None:
    tree = ast.parse((ROOT / "sandbox/doctor/attacks.py").read_text(encoding="utf-8"))
    run = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_run")
    assert [a.arg for a in run.args.args + run.args.kwonlyargs] == ["guards", "mode"]
    assert "source = HOSTILE.format(folder=folder, place=os.getcwd())" in ast.unparse(run)
    found = [call for path, call in calls("RewardWorker") if path == "sandbox/doctor/attacks.py"]
    assert [ast.unparse(call.args[0]) for call in found] == ["source"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")
@pytest.mark.parametrize("name", FORBIDDEN)
def test_each_layer_is_off_and_on_alone(jailed, rows, name: str) -> None:
    if not next(layer.works for layer in layers() if layer.name == name):
        pytest.skip(f"{name} does not work here")
    body = FORBIDDEN[name]
    assert jailed(body, guards=OPEN).evaluate(rows[:1]).reward[0] > 0
    text = f"try:\n    {body}\nexcept OSError:\n    return 0.0"
    alone = jailed(text, guards=OPEN._replace(**{name: True}))
    assert alone.evaluate(rows[:1]).reward[0] == 0
