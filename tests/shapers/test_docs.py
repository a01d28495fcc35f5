"""What docs/shapers.md shows works as it stands, and its table is that of the code."""

import re
import shlex
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rewardlab
import rewardlab.shapers as shapers
from rewardlab.cli.parsing import parse
from rewardlab.shapers import Shaper
from rewardlab.shapers.registry import BUILT_IN, make
from tests.shapers import corridor
from tests.shapers.test_registry import install

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "shapers.md").read_text("utf-8")
SHORTER = {
    "n_cells=32": "n_cells=8, n_prototypes=3, n_steps=800, hold=2, macro=3, episodes=5",
    "10_000": "150",
    "1_000": "150",
    "4_096": '64, hyperparameters={"n_steps": 8, "batch_size": 8}, eval_freq=0',
}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def own():
    (block,) = (block for block in blocks("python") if "class Gentle" in block)
    return block


def test_its_code_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {
        "expert": corridor.policy(),
        "learner": corridor.policy(push=0.0),
        "env": corridor.make(),
        "task": rewardlab.task("gym/tests.shapers.corridor:rewardlab-tests/Corridor-v0"),
    }
    for block in blocks("python"):
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(compile(block, "shapers.md", "exec"), names)
    assert names["run"].status == "finished"
    assert "reward/terms/effort" in (names["run"].path / "progress.csv").read_text()
    assert "obs[0]" in capsys.readouterr().out
    assert "compute_dense_reward" in names["program"].source


def test_a_shaper_of_ones_own_is_about_fifteen_lines():
    body = own().partition("class Gentle")[2].partition("\n\n\n")[0]
    assert len([line for line in body.splitlines() if line.strip()]) <= 18


def test_its_entry_point_makes_that_shaper_known(tmp_path, monkeypatch):
    (entry,) = blocks("toml")
    entries = entry.replace('project.entry-points."rewardlab.shapers"', "rewardlab.shapers")
    module = own().partition("\n\nrun = ")[0]
    install(tmp_path, "gentle-shapers", entries.replace('"', ""), module)
    monkeypatch.syspath_prepend(tmp_path)
    assert "gentle_shapers" not in sys.modules
    try:
        assert make("gentle", {"share": 0.2}).share == 0.2
    finally:
        sys.modules.pop("gentle_shapers")


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_its_commands_are_understood(line):
    _, verb, *args = shlex.split(line)
    flags = parse(
        import_module(f"rewardlab.cli.{verb}").Flags, verb=verb, description="", args=args
    )
    assert not flags.shaper or flags.shaper in BUILT_IN


def rows():
    table = PAGE.partition("| class |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in table]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_its_table_says_what_the_code_says(row):
    name, known_as, mode, invariance, algorithms, _ = row
    made = getattr(shapers, name)
    if known_as in BUILT_IN:
        options = {"phi": [0.0] * 21} if name == "Potential" else {}
        made = make(known_as, options, rewardlab.task("tabular/linek-2024"))
    assert BUILT_IN.get(known_as, name) == name
    assert made.mode == mode
    assert made.invariance == invariance.partition(";")[0]
    assert ("on_policy" in made.needs) == (algorithms == "PPO, A2C")


def test_its_table_is_whole():
    composing = {"Teacher", "Sum", "Scale", "Schedule", "Clip", "Normalize"}
    told = {row[0] for row in rows()}
    plain = {"Shaper", "Shaped", "Transitions"}
    assert told == set(shapers.__all__) - composing - plain
    assert {row[1] for row in rows() if row[1] and not row[1].startswith("--")} == set(BUILT_IN)
    assert all(
        f"`{name}`" in PAGE or f"{name}(" in PAGE or f"{name}." in PAGE for name in composing
    )
    assert issubclass(shapers.Sum, Shaper)
