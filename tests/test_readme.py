"""What the README shows works as it stands."""

import re
import shlex
from pathlib import Path

import pytest

import rewardlab as rl
from rewardlab.cli import VERBS, main

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_shaper_of_fifteen_lines_trains(folder, capsys):
    (code,) = (block for block in blocks("python") if "rl.Shaper" in block)
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    run = names["run"]
    assert run.status == "finished"
    assert "reward/terms/effort" in (run.path / "progress.csv").read_text().splitlines()[0]
    assert float(capsys.readouterr().out) < 0


@pytest.mark.slow
def test_the_loop_of_ten_lines_runs(folder, capsys):
    (code,) = (block for block in blocks("python") if "rl.generate" in block)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    small = code.replace("150_000", "2_048, eval_freq=0").replace("episodes=50", "episodes=2")
    names = {}
    exec(compile(small, "README.md", "exec"), names)
    assert names["gentler"].parent == names["program"].id
    assert rl.Run.open(names["run"].id).status == "finished"


def test_the_file_that_names_observations_is_understood(folder, capsys):
    (file,) = blocks("yaml")
    Path("pole.yaml").write_text(file)
    (line,) = (
        c for b in blocks("sh") for c in b.splitlines() if c.startswith("rewardlab describe")
    )
    assert main(shlex.split(line)[1:]) == 0
    assert "pole_angle" in capsys.readouterr().out


def test_every_command_names_a_verb_that_exists():
    commands = re.findall(r"^rewardlab (\S+)|`rewardlab (\S+?)[ `]", README, re.MULTILINE)
    assert len(commands) > 10
    assert {a or b for a, b in commands} <= set(VERBS)
