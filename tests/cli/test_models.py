"""Models that something else saved, on the command line."""

import gymnasium as gym
import pytest
from stable_baselines3 import PPO

TASK = "gym/CartPole-v1"


@pytest.fixture
def model(tmp_path):
    PPO("MlpPolicy", gym.make("CartPole-v1"), device="cpu").save(tmp_path / "model.zip")


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "model.zip", "--task", TASK),
        ("evaluate", "model.zip"),
        ("report", "model.zip"),
        ("refine", "model.zip", "Better."),
        ("train", TASK, "--resume", "model.zip"),
        ("run", "--resume", "model.zip"),
    ],
)
@pytest.mark.usefixtures("model")
def test_it_is_refused_with_the_flag_that_accepts_the_risk(cli, command):
    done = cli(*command)
    assert done.code == 1
    assert done.error == (
        "model.zip holds pickles, which can run code of whoever made it, so it is not read; if "
        "you trust it: rewardlab evaluate model.zip --task TASK --trust-pickle"
    )


@pytest.mark.usefixtures("model")
def test_trusted_it_is_measured_and_the_record_says_so(cli, tmp_path):
    flags = ("--episodes", "2", "--seed", "3", "--trust-pickle")
    told = cli("evaluate", "model.zip", "--task", TASK, *flags, "--json").json
    assert (told["run"], told["checkpoint"], told["episodes"]) == ("model.zip", "model", 2)
    assert told["trust_pickle"] is True
    assert told["return_mean"] > 0
    assert (tmp_path / "model.evaluation.json").exists()
    other = cli("evaluate", "model.zip", "--task", "gym/Pendulum-v1", *flags)
    assert other.code == 2
    assert other.error.startswith(
        "model.zip does not fit gym/Pendulum-v1: it observes numbers (4,)"
    )
    assert "--task TASK" in cli("evaluate", "model.zip", "--trust-pickle").error
