from dataclasses import replace

import pytest

from rewardlab.coders.examples import Query, retrieve
from rewardlab.coders.library import Solved, add, own, reference
from rewardlab.envs.tasks import task
from rewardlab.errors import UsageError
from rewardlab.evaluation.evaluate import Evaluation, evaluate, last_evaluation
from rewardlab.evaluation.proven import KEEP_ABOVE, complaint, keep, solved
from rewardlab.evaluation.statistics import Interval, wilson
from rewardlab.program.program import RewardProgram
from rewardlab.training.train import train

TASK = task("metaworld/drawer-open")


def measured(successes, episodes=20, **changes):
    interval = wilson(successes, episodes)
    good = Evaluation(
        *("child", "final", episodes, successes / episodes, interval, 1.0),
        *(Interval(0.5, 1.5), 100.0, 7),
    )
    return replace(good, **changes)


def test_a_program_that_proved_itself_is_kept_with_its_result(make_run):
    run = make_run()
    name = keep(run, TASK, measured(20), above=KEEP_ABOVE)
    (entry,) = own().entries
    assert entry.name == name
    assert entry.id == run.program.id
    assert (entry.task_id, entry.env_id, entry.run) == (TASK.id, TASK.env_id, run.id)
    assert entry.goal == "Open the drawer by its handle"
    assert entry.result == {"success": 1.0, "success_ci": [0.8389, 1.0], "episodes": 20}


def test_the_lower_bound_decides_not_the_rate(make_run):
    run = make_run()
    assert keep(run, TASK, measured(14), above=KEEP_ABOVE) is None  # 70 %, from 48 %
    assert keep(run, TASK, measured(70, 100), above=KEEP_ABOVE)  # 70 %, from 60 %
    assert keep(run, TASK, measured(20), above=0.9) is None
    assert keep(run, TASK, measured(100, 100), above=1.0) is None
    assert keep(run, TASK, measured(20), above=float("nan")) is None


def test_without_signal_program_or_news_nothing_is_kept(make_run):
    silent = measured(20, success=None, success_ci=None)
    assert keep(make_run(), TASK, silent, above=0.0) is None
    assert keep(make_run(name="o", reward="oracle"), TASK, measured(20), above=0.0) is None
    packaged = make_run(reference()[0].source, name="p")
    assert keep(packaged, TASK, measured(20), above=0.0) is None
    assert own().entries == ()


def test_a_library_that_cannot_be_written_is_warned_of(make_run, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REWARDLAB_LIBRARY", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="not put into the library"):
        assert keep(make_run(), TASK, measured(20), above=0.5) is None


def test_what_was_kept_serves_other_tasks_but_not_its_own(make_run):
    run = make_run()
    keep(run, TASK, measured(20), above=0.5)
    asked = task("metaworld/drawer-close")
    for one, there in ((asked, True), (TASK, False)):
        shown = retrieve(Query(one.goal, one.id, one.env_id, one.scene), 50).examples
        assert (run.program.source in {e.source for e in shown}) is there


def test_a_run_without_program_is_no_entry(make_run):
    with pytest.raises(UsageError, match="no program"):
        solved(make_run(name="o", reward="oracle"), TASK, None)


def test_a_program_that_no_longer_reads_is_told(make_run):
    good = solved(make_run(), TASK, None)
    assert complaint(good) == ""
    assert "UnknownAttribute" in complaint(
        replace(good, source=good.source.replace("ee_position", "hand"))
    )
    assert complaint(replace(good, task_id="gym/some.module:Env-v0")) == ""
    assert complaint(replace(good, task_id="metaworld/none")) == ""


def test_an_entry_without_a_result_is_read_back(make_run):
    add(solved(make_run(), TASK, None))
    (entry,) = own().entries
    assert isinstance(entry, Solved)
    assert entry.result == {}


@pytest.mark.parametrize("above", [-0.1, 1.5, float("nan")])
def test_a_threshold_is_a_rate(make_run, above):
    with pytest.raises(UsageError, match="from 0 to 1"):
        evaluate(make_run(), keep_above=above)


EASY = """
fields:
  pole_angle: {index: 2, unit: rad}
success: self.time > 0.05
"""
CART = """def compute_dense_reward(self, action):
    upright = 1.0 - abs(self.pole_angle)
    return upright, {"upright": upright}
"""


@pytest.mark.slow
def test_an_evaluation_puts_a_good_program_into_the_library(tmp_path):
    """Of a task that everybody solves."""
    config = tmp_path / "cart.yaml"
    config.write_text(EASY)
    easy = task("gym/CartPole-v1", config=str(config))
    program = RewardProgram(CART, easy.id, "Stand for a moment.")
    run = train(
        easy, program, algo="ppo", n_timesteps=64, n_envs=1, eval_freq=0, out=tmp_path,
        hyperparameters={"n_steps": 64, "batch_size": 64, "n_epochs": 1},
    )  # fmt: skip
    assert evaluate(run, episodes=10, keep_above=1.0).kept is None
    assert own().entries == ()
    result = evaluate(run, episodes=10)
    assert result.success == 1.0
    (entry,) = own().entries
    assert entry.name == result.kept == last_evaluation(run).kept
    assert (entry.goal, entry.source, entry.run) == ("Stand for a moment.", CART, run.id)
    assert entry.result["success_ci"][0] > 0.5
