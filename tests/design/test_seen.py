from rewardlab.design.seen import describe_run
from rewardlab.evaluation.curves import STEPS
from rewardlab.store.files import write_json, write_text


def test_outcome_curve_terms_and_warnings_are_told(make_run):
    run = make_run("a")
    finding = {"code": "SparseReward", "message": "mostly 0"}
    write_json(run.path / "verdict.json", {"findings": [finding]})
    text = describe_run(run)
    assert "Training finished, 1000 steps" in text
    assert "over 20 episodes: success 0.30 (95% CI 0.14 to 0.52)" in text
    assert "step 500: success 0.25 (95% CI 0.10 to 0.50)" in text
    assert (
        "Term reach, mean per step: 0.25 (std 0.112, from 0.1 to 0.4; first 0.1, last 0.4)" in text
    )
    assert "correlation with success +0.98" in text
    assert "SparseReward: mostly 0" in text


def test_a_constant_term_has_no_correlation(make_run):
    line = next(line for line in describe_run(make_run("a")).splitlines() if "opened" in line)
    assert "correlation" not in line


def test_a_run_that_wrote_nothing_is_described(make_run):
    run = make_run("a")
    for name in ("progress.csv", "evaluations.jsonl", "evaluation.json"):
        (run.path / name).unlink()
    assert describe_run(run) == "Training finished, 1000 steps asked for."


def test_a_curve_cut_off_by_a_crash_is_read_as_far_as_it_goes(make_run):
    run = make_run("a")
    write_text(
        run.path / "progress.csv", STEPS + ",reward/terms/reach\n10,1.0\n20,nan\n30,x\n40\n\0"
    )
    assert "Term reach, mean per step: 1 (" in describe_run(run)


def test_a_task_without_success_says_so(make_run):
    run = make_run("a")
    write_json(run.path / "evaluation.json", {"episodes": 5, "success": None, "return_mean": 3.0})
    assert "no success signal, mean return" in describe_run(run)
