import gymnasium as gym
import numpy as np
import pytest
import torch

from rewardlab.shapers.rnd import RND
from tests.shapers.batches import BOX, bound, learn, rollout, transitions


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def raw_error(shaper, obs):
    """The prediction error before it is divided by its scale."""
    return shaper.novelty(obs) * (shaper._returns.std[0] + 1e-8)


def test_what_was_seen_often_is_less_new_than_before_and_than_the_unseen(rng):
    shaper = learn(bound(RND(lr=1e-3)), rollout(rng))
    seen, unseen = rng.normal(size=(50, 3)), rng.normal(size=(50, 3)) + 4.0
    early = raw_error(shaper, seen).mean()
    learn(shaper, rollout(rng), times=30)
    assert raw_error(shaper, seen).mean() < 0.5 * early
    assert shaper.novelty(unseen).mean() > 3.0 * shaper.novelty(seen).mean()


def test_states_of_a_grid_are_newer_the_less_often_they_were_seen(rng):
    shaper = bound(RND(lr=1e-3), gym.spaces.Discrete(6))
    visited = rng.choice(6, p=[0.6, 0.3, 0.09, 0.01, 0.0, 0.0], size=(200, 4))
    steps = [transitions(row, np.zeros(4), row) for row in visited]
    learn(shaper, steps, times=8)
    often, _, _, rarely, never, _ = shaper.novelty(np.arange(6))
    assert often < rarely < never


def test_bonuses_do_not_depend_on_the_units_of_observations():
    bonuses = []
    for unit in (1.0, 1_000.0):
        rng = np.random.default_rng(1)
        shaper = learn(bound(RND()), rollout(rng, scale=unit), times=3)
        bonuses.append(shaper.novelty(rng.normal(size=(20, 3)) * unit))
    np.testing.assert_allclose(bonuses[0], bonuses[1], rtol=1e-3)


def test_the_scale_is_the_deviation_of_discounted_sums_that_run_on_across_episodes(rng):
    """With a predictor that does not learn, σ follows from the errors alone, by definition."""
    shaper = bound(RND(lr=1e-30, gamma_int=0.9))
    steps = rollout(rng, n_steps=20)
    ended = [transitions(s.obs, s.action, s.next_obs, terminated=s.action > 0) for s in steps]
    learn(shaper, ended)
    errors = np.stack([raw_error(shaper, s.next_obs) for s in steps])
    sums = [errors[0]]
    for row in errors[1:]:
        sums.append(0.9 * sums[-1] + row)
    assert shaper._returns.std[0] == pytest.approx(np.std(sums), rel=1e-5)


def test_bonuses_are_added_except_at_terminated_successors(rng):
    shaper = learn(bound(RND(weight=2.0)), rollout(rng))
    obs, ends = rng.normal(size=(4, 3)), np.array([True, False, False, False])
    batch = transitions(
        obs, np.zeros(4), obs, [1.0, 2.0, 3.0, 4.0], terminated=ends, truncated=np.roll(ends, 1)
    )
    expected = 2.0 * shaper.novelty(obs)
    expected[0] = 0.0
    shaped = shaper.shape(batch)
    np.testing.assert_allclose(shaped.reward - batch.r_ext, expected)
    np.testing.assert_allclose(shaped.terms["novelty"], expected)
    assert (expected[1:] > 0.0).all()


def test_nothing_is_paid_before_anything_is_known(rng):
    batch = rollout(rng, n_steps=1)[0]
    assert bound(RND()).shape(batch).reward.tolist() == [0.0] * 4


def test_the_seed_alone_draws_the_networks(rng):
    steps, obs = rollout(rng), rng.normal(size=(5, 3))
    torch.manual_seed(1)
    one = learn(bound(RND()), steps)
    state = torch.get_rng_state()
    two = learn(bound(RND()), steps)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.novelty(obs).tolist() == two.novelty(obs).tolist()
    assert one.novelty(obs).tolist() != learn(bound(RND(), seed=1), steps).novelty(obs).tolist()


def test_goals_in_dict_observations_are_seen(rng):
    space = gym.spaces.Dict({"observation": BOX, "goal": gym.spaces.Box(-1, 1, (2,))})
    shaper = bound(RND(), space)
    obs = {"observation": rng.normal(size=(4, 3)), "goal": rng.normal(size=(4, 2))}
    learn(shaper, [transitions(obs, np.zeros(4), obs)], times=3)
    other = obs | {"goal": obs["goal"] + 1.0}
    assert (shaper.novelty(other) != shaper.novelty(obs)).all()
