"""Rounds of `rewardlab run`: asked, repeated, stopped and gone on with, on published cases."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewardlab import Run
from rewardlab.cli import main
from rewardlab.cli.opinions import ask, choose
from rewardlab.design.feedback import Feedback
from rewardlab.store.files import write_json
from rewardlab.training.lineage import ancestors
from rewardlab.training.run import list_runs

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
TASK = "locomotion/ant-lie-down"
TINY = (
    "--n-envs", "2", "-n", "256", "--task-option", "horizon=20", "--eval-freq", "0",
    "--episodes", "1", "--no-video", "--no-progress",
)  # fmt: skip


def call(*args):
    """Run a command in this process; return its code and what it printed on stdout."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([str(arg) for arg in args])
    return code, out.getvalue()


def rounds(out):
    return sorted(list_runs(out), key=lambda run: run.record["round"])


@pytest.fixture(scope="module")
def ant(tmp_path_factory):
    """The folder of both rounds of the Ant that lies down, and what the last one answered."""
    out = tmp_path_factory.mktemp("ant")
    coder = f"replay:{EXAMPLES / 'ant-lie-down'}"
    code, printed = call("run", TASK, "--coder", coder, "--rounds", 2, *TINY, "--out", out)
    assert code == 0
    return out, printed


@pytest.mark.slow
def test_top_down_turns_the_sense_of_lying(ant):
    first, second = rounds(ant[0])
    assert "up_vector" not in first.program.source
    assert "-torso.up_vector[2]" in second.program.source
    assert second.record["parent"] == first.program.id
    said = json.loads((first.path / "feedback.json").read_text())
    assert (said["comment"], said["child"]) == ("The torso should be top down.", second.program.id)
    call_made = json.loads((first.path / "llm" / "0002.json").read_text())
    text = call_made["messages"][0]["content"]
    (line,) = text.split("<rounds>\n")[1].split("\n</rounds>")[0].splitlines()
    told = json.loads(line)
    assert told["general_code"] == first.program.source
    assert told["feedback"] == "The torso should be top down."
    assert "Term low, mean per step" in told["description"]
    assert "success 0.00 (95% CI" in told["description"]


@pytest.mark.slow
def test_it_is_said_that_success_does_not_measure_the_comment(ant):
    first, second = rounds(ant[0])
    assert "What the comment asks for beyond or against that is not measured" in ant[1]
    assert (
        "What the comment asks for"
        in json.loads((second.path / "report.json").read_text())["apart"]
    )
    assert json.loads((first.path / "report.json").read_text())["apart"] == ""


@pytest.mark.slow
def test_whole_rounds_are_repeated_from_their_runs(ant, tmp_path):
    was = rounds(ant[0])
    coder = f"replay:{was[0].path}"
    code, _ = call("run", TASK, "--coder", coder, "--rounds", 2, *TINY, "--out", tmp_path)
    assert code == 0
    again = rounds(tmp_path)
    assert [run.program.id for run in again] == [run.program.id for run in was]
    said = [json.loads((r[0].path / "feedback.json").read_text()) for r in (was, again)]
    assert said[0]["comment"] == said[1]["comment"]


@pytest.mark.slow
def test_a_zero_shot_stack_learns_to_let_go_from_a_comment(tmp_path):
    coder = f"replay:{EXAMPLES / 'stack-cube'}"
    code, printed = call(
        "run", "tabletop/stack-cube", "--coder", coder, "--rounds", 2, *TINY,
        "--out", tmp_path, "--json",
    )  # fmt: skip
    assert code == 0
    first, second = rounds(tmp_path)
    assert json.loads(printed)["id"] == second.id
    assert "check_static" not in first.program.source
    assert "check_static" in second.program.source
    assert "never lets go" in json.loads((first.path / "feedback.json").read_text())["comment"]


@pytest.fixture
def copied(ant, tmp_path):
    """Both rounds in a folder of their own, to be damaged."""
    out = tmp_path / "results"
    shutil.copytree(ant[0], out)
    return rounds(out)


def resume(first, *flags):
    flags = ("--rounds", 2, "--episodes", 1, "--no-video", "--no-progress", *flags)
    coder = f"replay:{EXAMPLES / 'ant-lie-down'}"
    code, printed = call("run", "--resume", first.path, "--coder", coder, *flags, "--json")
    assert code == 0
    return Run(json.loads(printed)["path"])


@pytest.mark.slow
def test_what_was_said_before_a_stop_is_not_asked_again(copied, monkeypatch):
    first, second = copied
    shutil.rmtree(second.path)
    shutil.rmtree(first.path / "next")
    (first.path / "llm" / "0002.json").unlink()
    said = json.loads((first.path / "feedback.json").read_text())
    write_json(first.path / "feedback.json", {**said, "comment": "Mine.", "child": None})
    monkeypatch.setattr("builtins.input", lambda: pytest.fail("asked"))
    last = resume(first)
    assert json.loads((first.path / "feedback.json").read_text())["comment"] == "Mine."
    assert ancestors(last)[0].id == first.id


@pytest.mark.slow
def test_a_program_made_before_a_stop_is_not_made_again(copied):
    first, second = copied
    program = second.program.id
    shutil.rmtree(second.path)
    last = resume(first)
    assert last.program.id == program
    assert len(list((first.path / "llm").iterdir())) == 2


@pytest.mark.slow
def test_a_kill_in_the_second_round_goes_on_in_it(tmp_path):
    out = tmp_path / "results"
    coder = f"replay:{EXAMPLES / 'ant-lie-down'}"
    flags = ("--coder", coder, "--rounds", "2", *TINY, "--out", str(out))
    words = [sys.executable, "-m", "rewardlab", "run", TASK, *flags]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(out.glob("*/run.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    first, second = rounds(out)
    calls = len(list(out.glob("*/llm/*.json")))
    assert resume(first).id == second.id
    assert second.status == "finished"
    assert (second.path / "evaluation.json").exists()
    assert len(list(out.glob("*/llm/*.json"))) == calls
    assert len(list(out.glob("*/run.json"))) == 2


@pytest.mark.slow
def test_an_interrupted_question_says_how_to_go_on(copied, monkeypatch, capsys):
    first, second = copied
    shutil.rmtree(second.path)
    (first.path / "feedback.json").unlink()

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    flags = ("--rounds", 2, "--episodes", 1, "--no-video", "--coder", "offline")
    assert call("run", "--resume", first.path, *flags)[0] == 1
    assert f"go on with: rewardlab run --resume {first.path} --rounds 2" in capsys.readouterr().err
    assert first.status == "finished"


@pytest.fixture
def typed(monkeypatch):
    """Type these lines on the terminal, which ends after them."""

    def type_lines(*lines):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return type_lines


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([""], None),
        (["Go on."], Feedback("Go on.")),
        (["4", "Go on."], Feedback("Go on.", 4)),
        (["2", ""], Feedback(rating=2)),
        (["6"], Feedback("6")),
    ],
)
def test_answers_are_words_or_a_rating(typed, capsys, lines, expected):
    typed(*lines)
    assert ask(None, None) == expected
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_choice_between_two_clips(copied, typed, capsys):
    first, second = copied
    typed("what", "l", "")
    assert ask(second, first) == Feedback(prefer="left", other="left")
    shown = capsys.readouterr().err
    assert f"left   {first.path / 'video.mp4'}" in shown
    assert "not a choice: 'what'" in shown
    typed("")
    assert choose(second, first) is None


@pytest.mark.slow
def test_refine_asks_which_of_two_runs_is_better(copied, typed, capsys):
    first, second = copied
    coder = f"replay:{EXAMPLES / 'stack-cube'}"
    flags = ("--compare", first.path, "--coder", coder, "--max-repairs", 0)
    (second.path / "video.mp4").touch()
    assert call("refine", second.path, *flags)[0] == 2
    assert f"{first.id} was not filmed, so there is no clip to compare" in capsys.readouterr().err
    (first.path / "video.mp4").touch()
    typed("neither")
    code, _ = call("refine", second.path, *flags)
    assert code == 1  # replies about another scene
    said = json.loads((second.path / "feedback.json").read_text())
    assert (said["prefer"], said["other"], said["child"]) == ("neither", first.id, None)
    assert call("refine", second.path, "--compare", "x", "--prefer", "y")[0] == 2


@pytest.mark.slow
def test_answers_of_a_file_may_choose_between_clips_too(copied, tmp_path):
    first, second = copied
    (tmp_path / "said.txt").write_text('Lie down.\n{"rating": 2, "choice": "left"}\n')
    flags = ("--comments", tmp_path / "said.txt", "--coder", "offline", "--rounds", 3)
    code, _ = call("run", "--resume", first.path, *flags, "--episodes", 1, "--no-video")
    assert code == 0
    said = json.loads((second.path / "feedback.json").read_text())
    assert (said["rating"], said["prefer"], said["other"]) == (2, first.id, first.id)
    assert len(list(first.path.parent.glob("*/run.json"))) == 3


def test_missing_comments_leave_no_run(cli, tmp_path):
    done = cli("run", TASK, "--coder", "offline", "--comments", "none.txt", *TINY)
    assert done.code == 2
    assert "none.txt" in done.error
    assert not (tmp_path / "results").exists()
