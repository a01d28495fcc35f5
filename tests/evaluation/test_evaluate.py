import json

import pytest

import rewardlab.evaluation.evaluate as module
from rewardlab.envs import gl
from rewardlab.errors import RewardlabError, UsageError
from rewardlab.evaluation.evaluate import evaluate, last_evaluation
from rewardlab.evaluation.report import report
from rewardlab.evaluation.statistics import wilson
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.record import FIELDS
from rewardlab.store.files import read_json
from rewardlab.training.train import train

PROGRAM = '''import numpy as np


def compute_dense_reward(self, action):
    """Bring the drawer to its goal."""
    gap = np.linalg.norm(self.obj1.position - self.goal_position)
    close = 1.0 - np.tanh(5.0 * gap)  # the drawer comes to its goal
    effort = -0.01 * np.square(action).sum()
    return close + effort, {"close": close, "effort": effort}
'''


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    program = RewardProgram(PROGRAM, "metaworld/drawer-close", "Close the drawer")
    return train(
        "metaworld/drawer-close", program, algo="ppo", n_timesteps=1024, n_envs=2, seed=0,
        eval_episodes=2, eval_freq=1024, hyperparameters={"n_steps": 256, "n_epochs": 1},
        out=tmp_path_factory.mktemp("results"),
    )  # fmt: skip


def test_an_evaluation_is_reproducible_written_and_honest(run):
    first = evaluate(run, episodes=6)
    assert first == evaluate(run, episodes=6) == last_evaluation(run)
    assert first.success_ci == wilson(round(first.success * 6), 6)
    assert first.return_ci.low <= first.return_mean <= first.return_ci.high
    assert first.seed == module.SEED_OFFSET + run.config.seed
    written = json.loads((run.path / "evaluation.json").read_text())
    keys = {"run", "checkpoint", "episodes", "success", "success_ci", "return_mean", "seed"}
    assert keys <= written.keys()
    assert written == json.loads(json.dumps(first.to_json()))


def test_it_records_how_programs_were_held_meanwhile(run):
    held = evaluate(run, episodes=1).sandbox
    assert held == read_json(run.path / "evaluation.json")["sandbox"]
    assert set(held) == set(FIELDS)
    assert held["trust"]["trust_pickle"] is False


def test_other_seeds_and_checkpoints_can_be_asked_for(run):
    assert evaluate(run, episodes=2, seed=7).return_mean != evaluate(run, episodes=2).return_mean
    assert evaluate(run, episodes=2, checkpoint="best").checkpoint == "best"


@pytest.mark.skipif(not gl.choose().works, reason="no OpenGL here")
def test_a_trained_run_gets_a_whole_report_with_video(run):
    assert evaluate(run, episodes=1, video=True).video == "video.mp4"
    result = report(run)
    assert result.missing == ()
    assert {term.name for term in result.terms} == {"close", "effort"}
    text = result.path.read_text("utf-8")
    assert "data:video/mp4;base64," in text
    assert "the drawer comes to its goal" in text


def test_progress_is_told_on_stderr_alone(run, monkeypatch, capsys):
    monkeypatch.setattr("rewardlab.evaluation.progress.EVERY_S", 0.0)
    evaluate(run, episodes=3, progress=True)
    told = capsys.readouterr()
    assert told.out == ""
    assert "evaluating: 3 of 3 episodes" in told.err


def test_fewer_than_one_episode_is_misuse(run):
    with pytest.raises(UsageError, match="at least 1"):
        evaluate(run, episodes=0)


def test_a_run_without_a_policy_is_refused_in_one_line(make_run):
    with pytest.raises(RewardlabError) as caught:
        evaluate(make_run(), episodes=1)
    assert "\n" not in str(caught.value)
