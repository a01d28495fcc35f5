import numpy as np
import pytest

from rewardlab.errors import StorageError, UnknownName, UsageError
from rewardlab.training.fit import fit
from rewardlab.training.policies import Policy, load_policy
from rewardlab.training.prepare import prepare
from rewardlab.training.session import open_session
from rewardlab.training.train import train

PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 2}
SMALL = {"n_envs": 2, "policy_kwargs": {"net_arch": [16], "activation_fn": "elu"}, "eval_freq": 0}
SAC = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
DQN = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000}
CROSSQ = {**SAC, "batch_size": 32}
SMOOTH = {"use_sde": True, "sde_sample_freq": 4}


@pytest.mark.parametrize(
    ("algo", "settings"),
    [
        *(("ppo", PPO), ("sac", SAC), ("td3", SAC), ("dqn", DQN), ("tqc", SAC), ("crossq", CROSSQ)),
        *(("ppo", {**PPO, **SMOOTH}), ("sac", {**SAC, **SMOOTH})),
    ],
)
def test_a_loaded_policy_acts_as_the_one_that_was_trained(algo, settings, make_task, tmp_path):
    task = make_task(discrete=algo == "dqn")
    run = train(task, algo=algo, n_timesteps=256, hyperparameters=settings, out=tmp_path, **SMALL)
    obs = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    with open_session(run, task, None) as session:
        trained = Policy.of(session.model).predict(obs)
    for name in ("final", "latest"):
        np.testing.assert_array_equal(load_policy(run, name).predict(obs), trained)


def test_observations_are_normalised_as_in_training(task, tmp_path):
    run = train(task, n_timesteps=256, hyperparameters=PPO, out=tmp_path, **SMALL)
    obs = np.array([[0.3, 0.5], [-2.0, 0.1]])
    with open_session(run, task, None) as session:
        normalized = session.model.get_vec_normalize_env().normalize_obs(obs)
        expected = session.model.policy.predict(normalized, deterministic=True)[0]
    np.testing.assert_array_equal(load_policy(run).predict(obs), expected)


def test_a_run_without_the_policy_says_which_it_has(task, tmp_path):
    run = prepare(task, n_timesteps=64, hyperparameters=PPO, out=tmp_path, **SMALL)
    with pytest.raises(UsageError, match="it has none yet; train or resume it"):
        load_policy(run)
    fit(run, task=task)
    with pytest.raises(UsageError, match="no best policy; it has: final, latest"):
        load_policy(run, "best")
    with pytest.raises(UnknownName, match="unknown checkpoint 'finale'; did you mean final"):
        load_policy(run, "finale")


def test_weights_that_do_not_fit_are_refused_in_one_line(task, tmp_path):
    run = train(task, n_timesteps=64, hyperparameters=PPO, out=tmp_path, **SMALL)
    text = (run.path / "config.yaml").read_text()
    (run.path / "config.yaml").write_text(text.replace("- 16", "- 17"))
    with pytest.raises(StorageError, match="does not fit"):
        load_policy(run)
