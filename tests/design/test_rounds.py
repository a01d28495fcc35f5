"""Rounds as Python runs them; what the terminal does with them is tested in tests/cli."""

import re
import shutil
from pathlib import Path

import pytest

import rewardlab as rl
from rewardlab.design.standing import before, newest, number_of
from rewardlab.errors import CoderError, UsageError
from rewardlab.training.run import list_runs

DOCS = Path(__file__).parents[2] / "docs"
TINY = {"n_timesteps": 128, "n_envs": 2, "eval_freq": 0, "episodes": 1}
TASK = "locomotion/ant-lie-down"


@pytest.fixture(scope="module")
def ant():
    return rl.task(TASK, horizon=20)


def replay(ant, out, **options):
    coder = f"replay:{DOCS / 'examples' / 'ant-lie-down'}"
    return rl.rounds(ant, coder=coder, out=out, **TINY, **options)


@pytest.mark.slow
def test_the_documented_rounds_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(
        r"^```python\n(.*?rl\.rounds.*?)^```",
        (DOCS / "feedback.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    small = code.replace("n_timesteps=200_000", "**tiny")
    names = {"tiny": TINY}
    exec(compile(small, "feedback.md", "exec"), names)
    first, second = names["runs"]
    assert second.program.parent == first.program.id
    assert second.program.source in capsys.readouterr().out
    assert before(second).id == first.id
    assert all((run.path / "report.html").exists() for run in names["runs"])


@pytest.mark.slow
def test_words_alone_are_an_answer_and_none_ends_it(ant, tmp_path):
    asked = []

    def say(run, evaluation):
        asked.append((number_of(run), evaluation.run))
        return "Lie on your back." if len(asked) == 1 else None

    told = []
    runs = replay(ant, tmp_path, n=3, say=say, on_event=lambda kind, text: told.append(kind))
    assert asked == [(i, run.id) for i, run in enumerate(runs, 1)]
    assert runs[1].program.parent == runs[0].program.id
    assert {"run", "written", "diff", "success", "round"} <= set(told)


@pytest.mark.slow
def test_stopped_rounds_go_on_from_any_of_their_runs(ant, tmp_path):
    """Recorded replies that they used are not used again, whichever run is named."""
    first, second = replay(ant, tmp_path, n=2)
    program = second.program.id

    def stop(run, evaluation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=re.escape(f"resume='{second.path}'")):
        replay(ant, tmp_path, n=3, say=stop, resume=first)
    with pytest.raises(CoderError, match=r"all 2 recorded replies .* are used up"):
        replay(ant, tmp_path, n=3, resume=second)
    shutil.rmtree(second.path)
    (repeated,) = rl.rounds(ant, coder="offline", resume=first, **TINY)[1:]
    assert repeated.program.id == program
    assert len(list(list_runs(tmp_path))) == 2
    assert newest(first, 2).id == repeated.id
    assert newest(first, 1).id == first.id


@pytest.mark.slow
def test_who_says_what_cannot_be_acted_on_is_asked_again(ant, tmp_path):
    said, told = iter(["Make it blue.", "Paint it.", "It shakes."]), []
    runs = rl.rounds(
        *(ant, "Lie down, please."),
        coder="offline",
        say=lambda run, _: next(said),
        out=tmp_path,
        n=2,
        on_event=lambda kind, text: told.append(text),
        **TINY,
    )
    assert all(
        any(f"the comment {w!r}" in line for line in told) for w in ("Make it blue.", "Paint it.")
    )
    (change,) = runs[1].program.notes["plan"]["changes"]
    assert change["comment"] == "It shakes."
    with pytest.raises(UsageError, match="the same was said again"):
        rl.rounds(ant, coder="offline", resume=runs[1], say=lambda run, _: "Be blue.", n=3, **TINY)
    (third,) = rl.rounds(
        ant, coder="offline", resume=runs[0], say=lambda *_: "Faster.", n=3, **TINY
    )[1:]
    assert third.program.parent == runs[1].program.id


def test_no_rounds_at_all_are_refused(ant, tmp_path):
    with pytest.raises(UsageError, match="n must be at least 1, got 0"):
        rl.rounds(ant, n=0, coder="offline", out=tmp_path)
    assert not list(tmp_path.iterdir())
