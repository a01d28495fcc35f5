import pytest

from rewardlab.errors import ConfigError, UnknownName, UsageError
from rewardlab.training.algorithms import ALGORITHMS, algorithm
from rewardlab.training.presets import PRESETS
from rewardlab.training.train import train

TINY = {
    "ppo": {"n_steps": 64, "batch_size": 64, "n_epochs": 2},
    "a2c": {"n_steps": 16},
    "dqn": {"learning_starts": 50, "batch_size": 16, "buffer_size": 1000},
}
OFF_POLICY = {"learning_starts": 100, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_every_algorithm_trains(algo, make_task, tmp_path):
    run = train(
        make_task(discrete=algo == "dqn"),
        algo=algo,
        n_timesteps=300,
        n_envs=2,
        policy_kwargs={"net_arch": [16]},
        hyperparameters=TINY.get(algo, OFF_POLICY),
        eval_episodes=2,
        out=tmp_path,
    )
    assert run.status == "finished"
    assert run.evaluations[-1]["timesteps"] >= 300
    assert (run.path / "final" / "policy.npz").exists()


def test_an_unknown_algorithm_names_the_closest():
    with pytest.raises(UnknownName, match="did you mean sac"):
        algorithm("sacc")


@pytest.mark.parametrize(("algo", "discrete"), [("dqn", False), ("sac", True), ("crossq", True)])
def test_actions_that_do_not_fit_name_algorithms_that_do(algo, discrete, make_task, tmp_path):
    with pytest.raises(UsageError, match=r"use one of: ppo, a2c"):
        train(make_task(discrete=discrete), algo=algo, n_timesteps=100, out=tmp_path)


def test_an_unknown_hyperparameter_names_the_closest(task, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'learning_rate'"):
        train(task, n_timesteps=100, hyperparameters={"learning_rat": 1e-3}, out=tmp_path)


def test_a_setting_that_the_algorithm_refuses_is_reported_in_one_line(task, tmp_path):
    with pytest.raises(ConfigError, match="ppo does not take these settings"):
        train(task, n_timesteps=100, policy_kwargs={"wings": 2}, out=tmp_path)


@pytest.mark.parametrize("suite", PRESETS)
def test_presets_hold_only_what_their_algorithm_takes(suite, make_task, tmp_path):
    for algo in PRESETS[suite]:
        small = {"buffer_size": 1000} if not ALGORITHMS[algo].on_policy else {}
        run = train(
            make_task(discrete=algo == "dqn"),
            algo=algo,
            preset=suite,
            n_timesteps=20,
            eval_freq=0,
            hyperparameters=small,
            out=tmp_path,
        )
        assert run.config.preset == suite
