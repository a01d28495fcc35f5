"""What ExploRS and SORS learn from episodes: their gradients, and what they must not react to."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rewardlab.envs.tabular import mdp
from rewardlab.training.tabular import (
    Step,
    Table,
    TabularExploRS,
    TabularSORS,
    play,
    reinforce,
    softmax,
)
from rewardlab.training.tabular.play import World
from rewardlab.training.tabular.self_shaping import advantage_gradient, ranking_gradient
from tests.training.tabular.parts import always, corridor

N_RUNS = 3


@pytest.fixture(scope="module")
def made():
    return mdp("room-2022", distractor=True)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def episodes(made, rng, *, n=4, reward=None):
    """Some episodes of a policy that is no longer the learner's, with rewards everywhere."""
    world = World(made, n_runs=N_RUNS, seed=0)
    played = []
    for _ in range(n):
        policy = softmax(rng.normal(size=(N_RUNS, *made.R.shape)))
        e = play(world, policy, Table(made.R, n_runs=N_RUNS))
        paid = rng.normal(size=e.s.shape) if reward is None else np.full(e.s.shape, reward)
        played.append(replace(e, r_ext=paid * e.valid))
    return played


def test_the_gradient_of_explors_is_that_of_its_objective(made, rng):
    memory = episodes(made, rng)
    advantage = [rng.normal(size=e.s.shape) for e in memory]
    phi = torch.zeros((N_RUNS, *made.R.shape), dtype=torch.float64, requires_grad=True)
    objective = torch.tensor(0.0, dtype=torch.float64)
    for e, weight in zip(memory, advantage, strict=True):
        pi = torch.tensor(e.policy)
        centred = phi - (pi * phi).sum(dim=2, keepdim=True)
        for run, t in np.argwhere(e.valid):
            s, a = e.s[run, t], e.a[run, t]
            objective = objective + pi[run, s, a] * weight[run, t] * centred[run, s, a]
    objective.backward()
    found = advantage_gradient(memory, advantage)
    np.testing.assert_allclose(found, phi.grad.numpy(), atol=1e-10)
    np.testing.assert_allclose(found.sum(axis=2), 0.0, atol=1e-12)


def test_explors_learns_from_extrinsic_returns_alone(made, rng):
    """Another shaped reward changes nothing; another extrinsic one does."""
    memory = episodes(made, rng)
    phis = []
    for changed in (
        memory,
        [replace(e, r_hat=e.r_hat + 1.0) for e in memory],
        [replace(e, r_ext=2 * e.r_ext) for e in memory],
    ):
        shaper = TabularExploRS(made, n_runs=N_RUNS)
        shaper.update(5, changed, changed[-1].policy)
        phis.append(shaper.phi)
    np.testing.assert_array_equal(phis[0], phis[1])
    assert not np.allclose(phis[0], phis[2])


def test_explors_moves_by_hand_computed_steps():
    """A corridor of four, walked once: returns .9^3, .9^2, .9, 1 under a policy sure of itself."""
    made = corridor(horizon=6)
    policy = np.full((1, *made.R.shape), 0.5)
    e = play(World(made, n_runs=1, seed=0), always(made, 1, 1), Table(made.R, n_runs=1))
    e = replace(e, policy=policy)
    shaper = TabularExploRS(made, n_runs=1)
    shaper.update(5, [e], policy)
    returns = 0.9 ** np.array([3, 2, 1, 0])
    np.testing.assert_allclose(shaper.phi[0, :4, 1], 0.01 * 0.5 * returns * 0.5)
    np.testing.assert_allclose(shaper.phi[0, :4, 0], -0.01 * 0.5 * returns * 0.5)
    np.testing.assert_allclose(shaper.value[0, :4], 0.01 * returns / 4)
    assert shaper.value[0, 4] == 0


def test_explors_learns_nothing_from_nothing(made, rng):
    shaper = TabularExploRS(made, n_runs=N_RUNS)
    shaper.update(5, episodes(made, rng, reward=0.0), None)
    assert not shaper.phi.any()
    assert not shaper.value.any()


@pytest.mark.parametrize("kind", [TabularExploRS, TabularSORS])
def test_rewards_are_learned_every_fifth_episode(made, rng, kind):
    shaper, memory = kind(made, n_runs=N_RUNS), episodes(made, rng)
    for n in (1, 2, 3, 4, 6, 9):
        shaper.update(n, memory, None)
    assert not shaper.phi.any()
    shaper.update(10, memory, None)
    assert shaper.phi.any()


def test_what_explors_learned_may_be_bounded(made, rng):
    shaper = TabularExploRS(made, n_runs=N_RUNS, clip=0.01)
    shaper.update(5, episodes(made, rng), None)
    assert np.abs(shaper.phi).max() == 0.01


def test_explors_pays_the_bonus_too_unless_told_otherwise(made):
    step = Step(*(np.array([i]) for i in (0, 8, 0, 15)), r_ext=np.array([0.25]))
    both = TabularExploRS(made, n_runs=1)
    alone = TabularExploRS(made, n_runs=1, bonus=Table(made.R, n_runs=1))
    both.phi[0, 8, 0] = alone.phi[0, 8, 0] = 0.5
    assert both.shape(step) == 0.25 + 0.5 + 1.0
    assert alone.shape(step) == 0.5  # r(s, a) of the table, and phi
    both.observe(step._replace(s=step.to))
    assert both.shape(step) == 0.25 + 0.5 + 1 / np.sqrt(2)


def test_the_gradient_of_sors_is_that_of_its_ranking(made, rng):
    memory = episodes(made, rng)
    start = rng.normal(size=(N_RUNS, *made.R.shape))
    pairs = rng.random((N_RUNS, len(memory), len(memory)))
    phi = torch.tensor(start, requires_grad=True)
    totals = []
    for e in memory:
        gain = phi[torch.arange(N_RUNS)[:, None], torch.tensor(e.s), torch.tensor(e.a)]
        discount = torch.tensor(e.valid * made.gamma ** np.arange(e.s.shape[1]))
        totals.append((gain * discount).sum(dim=1))
    total = torch.stack(totals, dim=1)
    margin = total[:, :, None] - total[:, None, :]
    (torch.tensor(pairs) * torch.nn.functional.logsigmoid(margin)).sum().backward()
    np.testing.assert_allclose(ranking_gradient(memory, start, pairs), phi.grad.numpy(), atol=1e-10)


def test_episodes_of_equal_returns_make_no_pair(made, rng):
    shaper = TabularSORS(made, n_runs=N_RUNS)
    shaper.update(5, episodes(made, rng, reward=0.0), None)
    assert not shaper.phi.any()
    assert not shaper._pairs(np.ones((N_RUNS, 4))).any()


def test_pairs_are_all_or_ten_of_those_whose_returns_differ():
    shaper = TabularSORS(mdp("room-2022"), n_runs=2)
    few = np.array([[3.0, 1.0, 1.0, 1.0]] * 2)
    weights = shaper._pairs(few)
    np.testing.assert_allclose(weights[0, 0], [0, 1 / 3, 1 / 3, 1 / 3])
    assert weights.sum() == pytest.approx(2)
    many = np.arange(10.0)[None].repeat(2, axis=0)
    weights = shaper._pairs(many)
    assert weights.sum(axis=(1, 2)) == pytest.approx([1, 1])
    assert (np.triu(weights[0]) == 0).all()  # a later one is better
    assert len(np.flatnonzero(weights[0])) <= 10
    assert (weights[0] != weights[1]).any()


def test_the_better_episode_ends_up_higher_by_a_growing_margin(made, rng):
    memory = episodes(made, rng, n=2)
    better = np.array([e.extrinsic_return[:, 0] for e in memory]).argmax(axis=0)
    shaper = TabularSORS(made, n_runs=N_RUNS, phi_step=0.3)
    for _ in range(300):
        shaper.update(5, memory, None)
    discounts = [e.valid * made.gamma ** np.arange(e.s.shape[1]) for e in memory]
    run = np.arange(N_RUNS)
    kept = zip(memory, discounts, strict=True)
    totals = np.array([(d * shaper.phi[run[:, None], e.s, e.a]).sum(axis=1) for e, d in kept])
    margins = totals[better, run] - totals[1 - better, run]
    assert (np.logaddexp(0.0, -margins) < 0.01).all()  # the loss has vanished


@pytest.mark.parametrize("kind", [TabularExploRS, TabularSORS])
def test_runs_that_learn_their_own_reward_do_not_meet(kind):
    made = mdp("linek-2024")
    few, many = (
        reinforce(made, kind(made, n_runs=n), n_runs=n, n_episodes=100, learning_rate=0.1)
        for n in (2, 4)
    )
    np.testing.assert_allclose(few.returns, many.returns[:2], atol=1e-12)
