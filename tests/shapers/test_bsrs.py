"""Bootstrapped shaping beside real algorithms; its fixed point is tested on tables."""

import numpy as np
import pytest
from stable_baselines3 import DQN, PPO

from rewardlab.errors import Caution, UsageError
from rewardlab.shapers import Scale, Sum
from rewardlab.shapers.bsrs import BSRS
from rewardlab.shapers.model_value import ModelValue
from rewardlab.training.attach import attach
from rewardlab.training.checked import Checked
from tests.shapers.batches import transitions
from tests.shapers.test_potential import ALGORITHMS, OFF, ON, build
from tests.shapers.walks import Corridor

ETA = -0.4


@pytest.mark.parametrize(("algo", "options"), ALGORITHMS)
def test_any_algorithm_learns_with_it_and_is_asked_as_it_is_now(algo, options):
    model = build(algo, options)
    shaper = BSRS(ETA)
    model.learn(32, callback=attach(model, shaper))
    rng = np.random.default_rng(0)
    obs, after = rng.normal(size=(2, 4, 2))
    ended = np.array([True, False, False, False])
    value = ModelValue.of(model)
    known = ETA * (model.gamma * np.where(ended, 0, value(after)) - value(obs))
    shaped = shaper.shape(transitions(obs, np.zeros(4), after, np.ones(4), ended))
    np.testing.assert_allclose(shaped.reward, 1.0 + known, atol=1e-12)
    assert np.abs(known).min() > 0


def test_old_transitions_are_worth_what_the_target_network_says_now():
    model = build(DQN, OFF)
    model.learn(32, callback=attach(model, BSRS(ETA)))
    rows, envs = np.arange(20), np.zeros(20, int)
    buffer = model.replay_buffer
    before, stored = buffer.rewards[rows, envs], buffer.rewards.stored.copy()
    model.q_net_target.load_state_dict(model.q_net.state_dict())
    assert not np.isclose(buffer.rewards[rows, envs], before).any()
    np.testing.assert_array_equal(buffer.rewards.stored, stored)


def test_the_first_rollout_is_shaped_too():
    """So that a resumed run, which has no rollout behind it, is the one that went on."""
    model = build(PPO, {**ON, "batch_size": 8})
    model.learn(8, callback=attach(model, BSRS(ETA)))
    kept = model.rollout_buffer
    following = kept.episode_starts[1:, 0] == 0
    r_ext = kept.observations[1:, 0] ** 2
    assert following.any()
    assert not np.isclose(kept.rewards[:-1, 0], r_ext)[following].any()


def test_without_its_callback_it_says_what_is_missing():
    model = build(PPO, {**ON, "batch_size": 8})
    attach(model, BSRS(ETA))
    with pytest.raises(UsageError, match="the callback that attach returned"):
        model.learn(8)


@pytest.mark.parametrize(("eta", "limit"), [(0.5, "0.02564"), (-1.0, "0.02564")])
def test_values_that_may_diverge_are_warned_of(eta, limit):
    (said,) = BSRS(eta).cautions(0.95)
    assert f"lies outside (-1, {limit})" in said
    with pytest.warns(Caution, match=rf"lies outside \(-1, {limit}\)"):
        Checked(BSRS(eta)).bind(Corridor(), gamma=0.95, n_envs=1, seed=0)


@pytest.mark.parametrize("eta", [-0.5, 0.02])
def test_within_the_bounds_nothing_is_said(eta):
    assert not list(BSRS(eta).cautions(0.95))


def test_the_weight_of_what_wraps_it_counts():
    assert not list(Scale(BSRS(0.5), 0.04).cautions(0.95))
    (said,) = Sum(Scale(Scale(BSRS(0.02), 2.0), 3.0)).cautions(0.95)
    assert "eta=0.12 lies outside" in said
