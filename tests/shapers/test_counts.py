from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.errors import UsageError
from rewardlab.shapers.counts import CountBonus
from rewardlab.training import tensors
from tests.shapers.batches import BOX, bound, rollout, same, transitions

GRID = gym.spaces.Discrete(6)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def visit(shaper, *states):
    for s in states:
        shaper.observe(transitions(np.array([s]), [0], np.array([0])))


def test_bonuses_begin_at_b_max_and_fall_with_the_root_of_visits():
    shaper = bound(CountBonus(lam=0.5, b_max=2.0), GRID)
    assert shaper.bonus(np.array([3])).tolist() == [2.0]
    for n in range(1, 30):
        visit(shaper, 3)
        expected = 0.5 / np.sqrt(0.0625 + n)
        assert shaper.bonus(np.array([3]))[0] == pytest.approx(expected, rel=1e-14)
    assert shaper.bonus(np.array([2])).tolist() == [2.0]


def test_successors_are_paid_and_states_that_are_left_are_counted():
    shaper = bound(CountBonus(), GRID)
    step = transitions(np.array([1, 2]), [0, 0], np.array([2, 3]), [5.0, 6.0])
    assert shaper.shape(step).reward.tolist() == [6.0, 7.0]
    shaper.observe(step)
    np.testing.assert_allclose(shaper.shape(step).reward, [5.0 + np.sqrt(0.5), 7.0])


def test_terminated_successors_pay_nothing_truncated_ones_pay():
    shaper = bound(CountBonus(), GRID)
    ends = np.array([True, False])
    step = transitions(np.array([1, 1]), [0, 0], np.array([2, 2]), terminated=ends, truncated=~ends)
    assert shaper.shape(step).reward.tolist() == [0.0, 1.0]


def test_what_was_frozen_is_paid_whatever_was_counted_since():
    shaper = bound(CountBonus(), GRID)
    step = transitions(np.array([1]), [0], np.array([2]))
    then = shaper.shape(step)
    visit(shaper, 2, 2, 2)
    kept = replace(step, extras=then.extras)
    assert shaper.shape(kept).reward.tolist() == then.reward.tolist() == [1.0]
    assert shaper.shape(step).reward[0] == 0.5


def test_hashes_tell_places_apart_and_know_them_again(rng):
    shaper = bound(CountBonus(bits=48))
    for step in rollout(rng, n_steps=300):
        shaper.observe(step)
    place = np.array([[0.3, -0.2, 0.5]])
    step = transitions(np.repeat(place, 4, axis=0), [0] * 4, np.zeros((4, 3)))
    shaper._settle = 0
    before = shaper.bonus(place)
    for _ in range(20):
        shaper.observe(step)
    assert shaper.bonus(place)[0] < 0.15 < before[0]
    assert shaper.bonus(place + 1e-6) == shaper.bonus(place)
    assert (shaper.bonus(rng.normal(size=(50, 3)) * 3.0) > shaper.bonus(place)).mean() > 0.9


def test_few_numbers_make_many_cells():
    """Signs of A·s alone would split the line in two."""
    line = gym.spaces.Box(-np.inf, np.inf, (1,))
    shaper = bound(CountBonus(bits=32), line)
    places = np.linspace(-1.0, 1.0, 201)[:, None]
    shaper.observe(transitions(places, np.zeros(201), places))
    assert len(shaper._visits) > 15


def test_cells_do_not_depend_on_units():
    known = []
    for unit in (1.0, 1024.0):
        rng = np.random.default_rng(3)
        shaper = bound(CountBonus(bits=16))
        for step in rollout(rng, n_steps=50, scale=unit):
            shaper.observe(step)
        known.append(shaper.bonus(unit * rng.normal(size=(40, 3))))
    assert known[0].tolist() == known[1].tolist()


def test_cells_can_be_told():
    shaper = bound(CountBonus(cells=lambda obs: (obs[:, 0] > 0.0).astype(int)))
    shaper.observe(transitions(np.full((3, 3), 0.5), [0] * 3, np.zeros((3, 3))))
    np.testing.assert_allclose(shaper.bonus(np.array([[9.0, 0, 0], [-1.0, 0, 0]])), [0.5, 1.0])


def test_sixty_four_bits_fit(rng, tmp_path):
    shaper = bound(CountBonus(bits=64))
    for step in rollout(rng, n_steps=20):
        shaper.observe(step)
    tensors.save(tmp_path / "state.npz", shaper.state_dict())
    other = bound(CountBonus(bits=64), seed=9)
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    assert same(other.state_dict(), shaper.state_dict())
    more, places = rollout(rng, n_steps=20), rng.normal(size=(30, 3))
    for one in (shaper, other):
        for step in more:
            one.observe(step)
    assert other.bonus(places).tolist() == shaper.bonus(places).tolist()
    assert same(other.state_dict(), shaper.state_dict())


def test_a_transition_is_worth_the_same_in_any_batch(rng):
    shaper = bound(CountBonus(bits=8), BOX)
    for step in rollout(rng, n_steps=40):
        shaper.observe(step)
    places = rng.normal(size=(64, 3))
    alone = [shaper.bonus(place[None])[0] for place in places]
    assert shaper.bonus(places).tolist() == alone


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lam": 0.0}, "lam is 0.0; give a number above 0"),
        ({"b_max": -1.0}, "b_max is -1.0; give a number above 0"),
        ({"bits": 65}, "bits is 65; give a whole number, 1 to 64"),
        ({"bits": 0}, "bits is 0; give a whole number, 1 to 64"),
        ({"cells": 3}, "a function of observations, got 3"),
    ],
)
def test_what_is_out_of_range_is_refused(options, told):
    with pytest.raises(UsageError, match=told):
        CountBonus(**options)
