from copy import deepcopy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import DQN

from rewardlab.shapers.sors import SORS, ranked
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from tests.shapers.batches import bound, rollout, same, transitions


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def walk(places, reward):
    """Return one environment's episode through places, paid at its end."""
    n = len(places) - 1
    return [
        transitions(
            places[t : t + 1],
            np.zeros(1, int),
            places[t + 1 : t + 2],
            [reward if t == n - 1 else 0.0],
            terminated=np.array([t == n - 1]),
        )
        for t in range(n)
    ]


def seen(shaper, *episodes, times=1):
    for _ in range(times):
        for episode in episodes:
            for step in episode:
                shaper.observe(step)
        found = shaper.update(None)
    return found


def two(rng, right, left):
    """Return a walk to the right and one to the left."""
    line = np.zeros((9, 3))
    line[:, 0] = np.arange(9)
    return walk(line, right), walk(-line, left)


def test_equal_returns_are_no_pair_and_teach_nothing(rng):
    shaper = bound(SORS(), n_envs=1)
    before = deepcopy(shaper._net.state_dict())
    found = seen(shaper, *two(rng, 1.0, 1.0))
    assert found == {"pairs": 0.0, "episodes": 2.0}
    assert same(dict(shaper._net.state_dict()), dict(before))


def test_pairs_are_all_that_differ_the_better_one_first():
    assert ranked([1.0, 0.0, 1.0]).tolist() == [[0, 1], [2, 1]]
    assert len(ranked([])) == 0


@pytest.mark.parametrize("form", ["reward", "potential"])
def test_the_loss_falls_to_0_as_the_margin_grows_and_better_walks_are_paid_more(rng, form):
    shaper = bound(SORS(form=form, lr=1e-3), n_envs=1)
    right, left = two(rng, 1.0, 0.0)
    first = seen(shaper, right, left)["ranking_loss"]
    margins = []
    for _ in range(6):
        last = seen(shaper, right, left)["ranking_loss"]
        better, worse = shaper._learned_returns([e["rows"] for e in shaper._memory[-2:]])
        margins.append((better - worse).item())
    assert first <= np.log(2.0) + 1e-6
    assert last < 1e-3
    assert margins[-1] > margins[0] > 0.0


def test_the_loss_is_minus_log_sigma_of_the_discounted_margin(rng):
    shaper = bound(SORS(lr=1e-3), n_envs=1)
    right, left = two(rng, 1.0, 0.0)
    seen(shaper, right, left, times=3)
    totals = [
        sum(0.99**t * shaper._rewards(shaper._rows(s.obs, s.action))[0] for t, s in enumerate(walk))
        for walk in (right, left)
    ]
    margin = totals[0] - totals[1]
    shaper._optimizer.param_groups[0]["lr"] = 0.0
    found = shaper._learn(np.array([[0, 1]]))
    assert found == pytest.approx(np.log1p(np.exp(-margin)), rel=1e-4)


def test_huge_margins_stay_finite(rng):
    shaper = bound(SORS(), n_envs=1)
    right, left = two(rng, 0.0, 1.0)
    with torch.no_grad():
        shaper._net[-2].weight.fill_(1e4)
    assert np.isfinite(seen(shaper, right, left)["ranking_loss"])


def test_potentials_sum_to_what_they_are_at_the_start(rng):
    """Σγ^t F = −Φ(s_0) for an episode that ends, and γ^NΦ(s_N) − Φ(s_0) for one cut off."""
    shaper = bound(SORS(form="potential", lr=1e-3), n_envs=1)
    right, left = two(rng, 1.0, 0.0)
    seen(shaper, right, left)
    assert shaper.invariance == "exact"
    assert SORS().invariance == "none"
    start = shaper._rewards(right[0].obs)[0]
    end = shaper._rewards(right[-1].next_obs)[0]
    ended = sum(0.99**t * shaper.shape(s).terms["sors"][0] for t, s in enumerate(right))
    assert ended == pytest.approx(-start, abs=1e-6)
    no = np.zeros(1, bool)
    cut = [*right[:-1], replace(right[-1], terminated=no, truncated=~no)]
    kept = sum(0.99**t * shaper.shape(s).terms["sors"][0] for t, s in enumerate(cut))
    assert kept == pytest.approx(0.99 ** len(cut) * end - start, abs=1e-6)
    assert abs(start) > 1e-3


def test_states_and_actions_of_tables_are_ranked(rng):
    shaper = bound(SORS(lr=1e-3), gym.spaces.Discrete(3), n_envs=1)
    good = [transitions(np.array([0]), [1], np.array([2]), [1.0], np.array([True]))]
    bad = [transitions(np.array([0]), [0], np.array([2]), [0.0], np.array([True]))]
    seen(shaper, good, bad, times=5)
    assert shaper.shape(good[0]).terms["sors"][0] > shaper.shape(bad[0]).terms["sors"][0]


def ended(rng, n_steps):
    return [
        replace(s, r_ext=rng.normal(size=4), terminated=rng.random(4) < 0.2)
        for s in rollout(rng, n_steps)
    ]


def test_a_restored_shaper_goes_on_bit_for_bit(rng, tmp_path):
    shaper, other = bound(SORS()), bound(SORS(), seed=4)
    seen(shaper, ended(rng, 40), times=2)
    for step in ended(rng, 7):
        shaper.observe(step)
    tensors.save(tmp_path / "state.npz", shaper.state_dict())
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    assert same(other.state_dict(), shaper.state_dict())
    late = ended(rng, 30)
    for one in (shaper, other):
        seen(one, late, times=2)
    assert same(other.state_dict(), shaper.state_dict())
    assert other.shape(late[0]).reward.tolist() == shaper.shape(late[0]).reward.tolist()


def test_shaping_changes_nothing_and_knows_no_batches(rng):
    shaper = bound(SORS(lr=1e-3))
    seen(shaper, ended(rng, 40), times=2)
    state, random = deepcopy(shaper.state_dict()), torch.get_rng_state()
    steps = ended(rng, 10)
    whole = transitions(
        *(np.concatenate([getattr(s, c) for s in steps]) for c in ("obs", "action", "next_obs"))
    )
    alone = np.concatenate([shaper.shape(s).terms["sors"] for s in steps])
    np.testing.assert_allclose(shaper.shape(whole).reward, alone, rtol=1e-4, atol=1e-6)
    assert np.abs(alone).max() > 0.0
    assert same(shaper.state_dict(), state)
    assert torch.equal(torch.get_rng_state(), random)


def test_only_the_latest_episodes_are_kept(rng):
    shaper = bound(SORS(memory=5))
    seen(shaper, ended(rng, 60), times=3)
    assert len(shaper._memory) == 5


def test_it_learns_beside_an_algorithm_off_policy():
    model = DQN("MlpPolicy", "CartPole-v1", seed=0, learning_starts=20)
    shaper = SORS(form="potential")
    shaper.update_every = 100
    model.learn(200, callback=attach(model, shaper))
    assert len(shaper._memory) > 1
    assert len(shaper._steps) == 0
