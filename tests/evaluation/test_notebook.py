import pytest

from rewardlab.config import RunConfig
from rewardlab.design.verdict import Verdict
from rewardlab.evaluation.evaluate import last_evaluation
from rewardlab.evaluation.facts import apart
from rewardlab.evaluation.report import report
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json, write_text
from rewardlab.training.run import Run

EVIL = "<script>alert(1)</script> & \u202e"


@pytest.fixture
def run(tmp_path):
    config = RunConfig("metaworld/drawer-open", 1000, goal=EVIL, reward="program")
    program = RewardProgram("x = 1\n", config.task, EVIL, None, "test")
    run = Run.create(tmp_path, config, program=program, name="one")
    run.release("finished")
    write_text(
        run.path / "progress.csv",
        "time/total_timesteps,reward/terms/<b>reach\n100,0.1\n200,0.2\n",
    )
    write_json(
        run.path / "evaluation.json",
        {
            "run": EVIL, "checkpoint": "final", "episodes": 20, "success": 0.3,
            "success_ci": [0.14, 0.52], "return_mean": 12.5, "return_ci": [10.0, 15.0],
            "length_mean": 500.0, "seed": 7,
        },
    )  # fmt: skip
    return run


def test_values_show_themselves_without_scripts(run):
    (run.path / "video.mp4").write_bytes(b"no film")
    verdict = Verdict(False, (Finding("NoCode", EVIL, hint=EVIL),), "full", 0.5)
    for value in (run, last_evaluation(run), report(run), verdict):
        html = value._repr_html_()
        assert "<script" not in html
        assert "\u202e" not in html
    assert "NoCode" in verdict._repr_html_()
    assert "success 30 % [14, 52] over 20 episodes" in run._repr_html_()
    shown = report(run)._repr_html_()
    assert "&lt;b&gt;reach" in shown
    assert "<video" in shown


def test_a_run_that_did_nothing_yet_shows_itself(run):
    (run.path / "evaluation.json").unlink()
    (run.path / "progress.csv").unlink()
    assert "not evaluated yet" in run._repr_html_()
    assert "not evaluated yet" in report(run)._repr_html_()


def test_a_report_says_that_success_does_not_measure_another_goal(run):
    told = report(run)
    assert "What this goal (the task's own is “Open a drawer by its handle.”)" in told.apart
    assert "is not measured: watch the clip." in told.path.read_text()


TASK = {"goal": "Open the drawer.", "success": "the drawer is open"}


@pytest.mark.parametrize("goal", ["", "Open the drawer", " open  the Drawer. "])
def test_the_tasks_own_wish_needs_no_word(goal):
    assert apart(TASK, goal) == ""


def test_a_comment_is_not_measured_either():
    assert "What the comment asks for beyond or against that is not measured" in apart(
        TASK, "Open the drawer.", "Upside down."
    )
    assert apart({"goal": "x", "success": None}, "y", "z") == ""
