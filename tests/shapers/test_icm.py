import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import UsageError
from rewardlab.shapers.icm import ICM
from tests.shapers.batches import bound, learn, rollout, transitions


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def moved(rng, n_envs=32, noise=0.0, discrete=True):
    """Steps in which the action moves the first number and the third one is noise."""
    obs = rng.uniform(-1, 1, size=(n_envs, 3))
    action = rng.integers(2, size=n_envs) if discrete else rng.uniform(-2, 2, size=(n_envs, 1))
    next_obs = obs.copy()
    next_obs[:, 0] += np.where(action, 0.5, -0.5) if discrete else action[:, 0]
    obs[:, 2], next_obs[:, 2] = noise * rng.normal(size=(2, n_envs))
    return transitions(obs, action, next_obs)


def test_the_inverse_model_tells_the_action_that_led_on(rng):
    shaper = bound(ICM(), n_envs=32)
    steps = [moved(rng) for _ in range(30)]
    first = learn(shaper, steps).update(None)
    assert first == {}  # nothing new was observed
    for _ in range(10):
        for step in steps:
            shaper.observe(step)
        found = shaper.update(None)
    assert found["inverse_loss"] < 0.1 < np.log(2.0)


def test_the_inverse_model_tells_continuous_actions(rng):
    shaper = bound(ICM(), action_space=gym.spaces.Box(-2, 2, (1,)), n_envs=32)
    steps = [moved(rng, discrete=False) for _ in range(30)]
    for _ in range(10):
        for step in steps:
            shaper.observe(step)
        found = shaper.update(None)
    assert found["inverse_loss"] < 0.05  # of actions in [-1, 1], whose variance is 1/3


def test_what_was_seen_often_is_less_curious_than_before_and_than_the_unseen(rng):
    shaper = learn(bound(ICM(), n_envs=32), [moved(rng) for _ in range(20)])
    seen = moved(rng)
    unseen = transitions(seen.obs + 3.0, seen.action, seen.next_obs - 3.0)
    early = shaper.curiosity(seen).mean()
    learn(shaper, [moved(rng) for _ in range(20)], times=10)
    assert shaper.curiosity(seen).mean() < 0.5 * early
    assert shaper.curiosity(unseen).mean() > 3.0 * shaper.curiosity(seen).mean()


def test_features_hardly_see_noise_that_actions_do_not_influence(rng):
    """In raw observations noise counts as much as what actions move: there the ratio is 1."""
    shaper = bound(ICM(), n_envs=32)
    learn(shaper, [moved(rng, noise=1.0) for _ in range(60)], times=20)
    obs = moved(rng, noise=1.0).obs
    features = [
        shaper._model.features(shaper._whitened(obs + shift * shaper._seen.std))
        for shift in np.vstack([np.zeros(3), 0.5 * np.eye(3)])
    ]
    by_action, _, by_noise = ((moved - features[0]).square().sum() for moved in features[1:])
    assert by_noise < 0.2 * by_action


def test_bonuses_are_added_except_at_terminated_successors(rng):
    shaper = learn(bound(ICM(eta=1.0)), rollout(rng))
    step = rollout(rng, n_steps=1)[0]
    ends = np.array([True, False, False, False])
    batch = transitions(
        step.obs,
        step.action,
        step.next_obs,
        np.arange(4),
        terminated=ends,
        truncated=np.roll(ends, 1),
    )
    expected = shaper.curiosity(step)
    expected[0] = 0.0
    np.testing.assert_allclose(shaper.shape(batch).reward - batch.r_ext, expected)
    assert (expected[1:] > 0.0).all()


def test_actions_that_are_no_vector_and_no_choice_are_refused():
    with pytest.raises(UsageError, match="Discrete or Box"):
        bound(ICM(), action_space=gym.spaces.MultiBinary(3))


@pytest.mark.parametrize("beta", [-0.1, 1.5])
def test_a_share_beyond_all_is_refused(beta):
    with pytest.raises(UsageError, match=r"beta is .*between 0 and 1"):
        ICM(beta=beta)
