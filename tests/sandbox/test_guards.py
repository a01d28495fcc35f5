"""The seam that turns layers off one by one: it does, and only tests use it."""

from __future__ import annotations

import ast
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


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name in ast.unparse(node.func).split("."):
                yield path.relative_to(ROOT).as_posix(), node


def test_no_guard_is_off_by_default() -> None:
    assert Guards() == (True, True, True, True)


def test_nothing_of_ours_turns_a_guard_off() -> None:
    assert [(path, ast.unparse(call)) for path, call in calls("Guards") if call.args] == []
    assert [path for path, call in calls("Guards") if call.keywords] == []
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = [node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)]
        assert "_guards" not in words, path


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
