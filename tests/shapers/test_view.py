"""What shapers are told of a policy is what Stable-Baselines3 itself says of it."""

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.errors import UsageError
from rewardlab.shapers.model_value import ModelValue
from rewardlab.shapers.view import PolicyView
from tests.training.slide import ALGORITHMS, HIGH, LOW, build

OBS = np.array([[-90.0, 0.0], [0.5, 3.0], [80.0, 6.0]], np.float32)


def seen(algorithm, **given):
    """Return the view of a trained algorithm, and its observations as the networks see them."""
    normalize = lambda venv: VecNormalize(venv, norm_reward=False)  # noqa: E731
    model = build(algorithm, normalize=normalize, **given)
    model.learn(64)
    venv = model.get_vec_normalize_env()
    low = (OBS - venv.obs_rms.mean) / np.sqrt(venv.obs_rms.var + venv.epsilon)
    normal = torch.as_tensor(np.clip(low, -10, 10), dtype=torch.float32)
    assert not np.allclose(normal, OBS, atol=0.1)
    return PolicyView(model), normal


@pytest.mark.parametrize("algorithm", [PPO, A2C])
def test_probabilities_of_actor_critics(algorithm):
    view, normal = seen(algorithm, discrete=True)
    with torch.no_grad():
        logits = view.model.policy.get_distribution(normal).distribution.logits
    probs = view.probs(OBS)
    np.testing.assert_allclose(probs, torch.softmax(logits, dim=1), rtol=1e-5)
    taken = np.array([2, 0, 1])
    np.testing.assert_allclose(
        view.log_prob(OBS, taken), np.log(probs[np.arange(3), taken]), rtol=1e-5
    )


def test_probabilities_of_dqn_are_epsilon_greedy():
    view, normal = seen(DQN)
    view.model.exploration_rate = 0.3
    with torch.no_grad():
        q = view.model.q_net(normal).numpy()
        target = view.model.q_net_target(normal).numpy()
    probs = view.probs(OBS)
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)
    np.testing.assert_allclose(probs[np.arange(3), q.argmax(axis=1)], 0.8)
    assert np.sort(probs, axis=1)[:, :2] == pytest.approx(np.full((3, 2), 0.1))
    np.testing.assert_allclose(view.value(OBS), target.max(axis=1), rtol=1e-5)


@pytest.mark.parametrize("algorithm", [PPO, A2C])
def test_densities_and_values_of_actor_critics(algorithm):
    view, normal = seen(algorithm)
    actions = np.array([[0.0, 1.0], [2.0, 2.0], [-1.0, 9.0]], np.float32)
    with torch.no_grad():
        values, log_prob, _ = view.model.policy.evaluate_actions(normal, torch.as_tensor(actions))
    np.testing.assert_allclose(view.log_prob(OBS, actions), log_prob, rtol=1e-5)
    np.testing.assert_allclose(view.value(OBS), values[:, 0], rtol=1e-5)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.__name__)
def test_there_is_one_value_of_a_model(algorithm):
    view, _ = seen(algorithm)
    assert view.value(OBS).tolist() == ModelValue.of(view.model)(OBS).tolist()


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.__name__)
def test_samples_are_actions_that_environments_take(algorithm):
    view, _ = seen(algorithm)
    drawn = view.sample(OBS, 5)
    if algorithm is DQN:
        assert drawn.shape == (5, 3)
        assert set(np.ravel(drawn).tolist()) <= {0, 1, 2}
    else:
        assert drawn.shape == (5, 3, 2)
        assert ((drawn >= LOW - 1e-5) & (drawn <= HIGH + 1e-5)).all()


def test_samples_are_as_frequent_as_they_are_likely():
    view, _ = seen(PPO, discrete=True)
    torch.manual_seed(0)
    drawn = view.sample(OBS, 1500)
    shares = (drawn[:, :, None] == np.arange(3)).mean(axis=0)
    np.testing.assert_allclose(shares, view.probs(OBS), atol=0.05)


@pytest.mark.parametrize("algorithm", [SAC, TD3])
def test_a_policy_without_a_density_says_which_have_one(algorithm):
    view, _ = seen(algorithm)
    with pytest.raises(UsageError, match=f"{algorithm.__name__} has no density .* use PPO or A2C"):
        view.log_prob(OBS, np.zeros((3, 2), np.float32))
    with pytest.raises(UsageError, match="probabilities need discrete actions"):
        view.probs(OBS)


def test_numbered_observations_are_asked_as_they_are():
    model = build(DQN, numbered=True)
    states = np.arange(4)
    with torch.no_grad():
        hot = torch.nn.functional.one_hot(torch.arange(4), 40).float()
        q = model.q_net.q_net(hot).numpy()
    np.testing.assert_allclose(PolicyView(model).value(states), q.max(axis=1), rtol=1e-5)
