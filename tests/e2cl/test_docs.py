"""What docs/e2cl.md shows works as it stands, and its table of arms is that of the code."""

import re
import shlex
from pathlib import Path

import pytest

from rewardlab.cli import e2cl
from rewardlab.cli.parsing import parse
from rewardlab.e2cl.arms import ARMS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "e2cl.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_its_code_runs(capsys):
    names = {}
    for block in blocks("python"):
        exec(compile(block, "e2cl.md", "exec"), names)
    assert "nothing to toggle" in capsys.readouterr().out


def test_its_table_names_every_arm():
    _, _, table = PAGE.partition("## Arms")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])] == [
        *ARMS
    ]


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
)
def test_its_commands_are_understood(line):
    _, verb, *args = shlex.split(line)
    parse(e2cl.Flags, verb=verb, description=e2cl.__doc__ or "", args=args)
