"""A model from elsewhere runs no code of whoever made it, unless its user accepts that."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.save_util import load_from_zip_file, save_to_zip_file
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rewardlab.errors import StorageError, UntrustedFile, UsageError
from rewardlab.evaluation.evaluate import evaluate
from rewardlab.store.files import read_json
from rewardlab.training import foreign
from rewardlab.training.policies import load_policy
from rewardlab.training.run import Run
from rewardlab.training.train import train

KINDS = {"ppo": PPO, "a2c": A2C, "sac": SAC, "td3": TD3, "dqn": DQN}


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return self.canary.touch, ()


def save(cls, task, path, venv=None, **settings):
    env = venv or task.make_env(seed=0)
    model = cls("MlpPolicy", env, device="cpu", policy_kwargs={"net_arch": [8]}, **settings)
    model.save(path)
    return model


@pytest.fixture
def evil(task, tmp_path):
    """A model that makes `canary` when it is loaded."""
    path, canary = tmp_path / "model.zip", tmp_path / "canary"
    save(PPO, task, path)
    data, params, variables = load_from_zip_file(path)
    save_to_zip_file(path, data | {"payload": Touch(canary)}, params, variables)
    return path, canary


def test_an_evil_model_is_refused_unless_its_user_accepts_the_risk(evil, task):
    path, canary = evil
    PPO.load(path, device="cpu")  # the payload is live
    assert canary.exists()
    canary.unlink()
    with pytest.raises(UntrustedFile, match="--trust-pickle") as raised:
        evaluate(path, task=task, episodes=1)
    assert "\n" not in str(raised.value)
    with pytest.raises(UntrustedFile, match="--trust-pickle"):
        Run.open(path)
    with pytest.raises(UntrustedFile, match="--trust-pickle"):
        train(task, n_timesteps=100, resume=path)
    assert not canary.exists()
    evaluate(path, task=task, episodes=1, trust_pickle=True)
    assert canary.exists()  # it says what it does


@pytest.mark.parametrize("algo", KINDS)
def test_a_trusted_model_is_measured_like_a_run(algo, make_task, tmp_path):
    task, path = make_task(discrete=algo == "dqn"), tmp_path / "model.zip"
    save(KINDS[algo], task, path)
    result = evaluate(path, task=task, episodes=3, seed=5, trust_pickle=True)
    assert (result.run, result.checkpoint, result.episodes) == ("model.zip", "model", 3)
    assert result.trust_pickle is True
    written = read_json(tmp_path / "model.evaluation.json")
    assert written["trust_pickle"] is True
    assert written["success"] == result.success
    assert result.return_mean < 0.0


def test_the_algorithm_can_be_named(make_task, tmp_path):
    path = tmp_path / "model.zip"
    save(SAC, make_task(), path)
    told = {"task": make_task(), "episodes": 1, "trust_pickle": True}
    assert evaluate(path, algo="sac", **told).return_mean == evaluate(path, **told).return_mean
    with pytest.raises(StorageError, match="cannot be loaded"):
        evaluate(path, algo="ppo", **told)


def test_a_model_acts_as_it_did_where_it_came_from(task, tmp_path):
    venv = VecNormalize(DummyVecEnv([lambda: task.make_env(seed=0)]))
    venv.obs_rms.mean, venv.obs_rms.var = np.array([0.2, 0.5]), np.array([0.3, 0.1])
    model = save(PPO, task, tmp_path / "model.zip", venv)
    venv.save(str(tmp_path / "vecnormalize.pkl"))
    from rewardlab.training.foreign import load_foreign

    obs = np.random.default_rng(0).uniform(-1, 1, (4, 2))
    expected = model.predict(venv.normalize_obs(obs), deterministic=True)[0]
    normalizer = tmp_path / "vecnormalize.pkl"
    loaded = load_foreign(tmp_path / "model.zip", trust_pickle=True, vec_normalize=normalizer)
    np.testing.assert_array_equal(loaded.predict(obs), expected)
    with pytest.raises(UntrustedFile, match=r"vecnormalize\.pkl holds pickles"):
        load_foreign(tmp_path / "model.zip", trust_pickle=False, vec_normalize=normalizer)


@pytest.mark.parametrize(
    ("env", "said"),
    [("Pendulum-v1", r"observes numbers \(3,\), the task gives numbers \(2,\)"), ("", "acts in")],
)
def test_a_model_of_another_task_is_refused_before_it_acts(env, said, make_task, tmp_path):
    path = tmp_path / "model.zip"
    save(PPO, make_task(discrete=True), path, gym.make(env) if env else None)
    with pytest.raises(UsageError, match=said):
        evaluate(path, task=make_task(), episodes=1, trust_pickle=True)


def test_a_model_needs_a_task_and_a_run_needs_no_trust(task, tmp_path):
    save(PPO, task, tmp_path / "model.zip")
    with pytest.raises(UsageError, match="--task TASK"):
        evaluate(tmp_path / "model.zip", trust_pickle=True)
    with pytest.raises(UsageError, match="a run needs none"):
        evaluate(tmp_path / "run", trust_pickle=True)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"policy_class": {}}', b"\xff", None])
def test_an_archive_that_is_no_model_is_one_line(data, task, tmp_path):
    import zipfile

    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("other" if data is None else "data", data or b"")
    with pytest.raises(StorageError, match="is no model of Stable-Baselines3") as raised:
        evaluate(path, task=task, trust_pickle=True)
    assert "\n" not in str(raised.value)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(task, tmp_path, monkeypatch):
    path = tmp_path / "model.zip"
    save(PPO, task, path)
    monkeypatch.setattr(foreign, "MAX_BYTES", 1000)
    with pytest.raises(StorageError, match="unpacks to more than 1,000 bytes"):
        evaluate(path, task=task, trust_pickle=True)


def test_a_model_of_an_unknown_kind_asks_for_its_algorithm(task, tmp_path):
    path = tmp_path / "model.zip"
    import zipfile

    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data", '{"policy_class": {"__module__": "elsewhere"}}')
    with pytest.raises(UsageError, match="give --algo, one of ppo, a2c"):
        evaluate(path, task=task, trust_pickle=True)


def test_a_runs_weights_are_never_unpickled(task, tmp_path):
    small = {"n_steps": 32, "batch_size": 32, "n_epochs": 1}
    run = train(task, n_timesteps=64, n_envs=1, hyperparameters=small, out=tmp_path)
    path, canary = run.path / "final" / "policy.npz", tmp_path / "canary"
    torch.save({"policy": Touch(canary)}, path)
    torch.load(path, weights_only=False)  # the payload is live
    assert canary.exists()
    canary.unlink()
    with pytest.raises(StorageError, match="never unpickles"):
        load_policy(run)
    assert not canary.exists()
