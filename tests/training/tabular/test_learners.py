"""Tabular learners: updates with known answers, and what they learn where that is known."""

import numpy as np
import pytest
import torch

from rewardlab.envs.tabular import (
    TabularMDP,
    expected_return,
    greedy,
    mdp,
    optimal_return,
    value_iteration,
)
from rewardlab.training.tabular import (
    Curve,
    Table,
    finite_returns,
    greedy_returns,
    play,
    q_learning,
    q_learning_replayed,
    reinforce,
    softmax,
)
from rewardlab.training.tabular.play import World
from rewardlab.training.tabular.q_learning import epsilon_greedy, replay
from rewardlab.training.tabular.reinforce import gradient
from tests.training.tabular.parts import always, corridor


def bandit(*paid):
    t = np.zeros((2, 2, len(paid)))
    t[:, 1] = 1.0
    return TabularMDP(t, [paid, np.zeros(len(paid))], 0.9, [1.0, 0.0], horizon=1)


class Potential:
    """F = gamma phi(s') - phi(s) beside the extrinsic reward."""

    def __init__(self, phi, gamma):
        self.phi, self.gamma = phi, gamma

    def shape(self, step):
        return step.r_ext + self.gamma * self.phi[step.to] - self.phi[step.s]

    def observe(self, step):
        pass

    def update(self, n_episodes, memory, policy):
        pass


def with_table(made, phi):
    return made.R + made.gamma * np.einsum("sza,z->sa", made.T, phi) - phi[:, None]


# --- Q-learning, online


def test_of_equal_actions_the_first_is_taken_and_kept_if_it_pays():
    made, seen = bandit(1.0, 0.0), []

    class Watching(Table):
        def shape(self, step):
            seen.append(step.a[0])
            return super().shape(step)

    curve = q_learning(made, Watching(made.R, n_runs=1), n_runs=1, n_episodes=8, epsilon=0.0)
    assert curve.episodes.tolist() == [0, 1, 2, 4, 8]
    assert seen == [0] * 8  # the first of equal actions, which is then the best
    assert curve.returns.tolist() == [[1.0] * 5]


def test_a_tenth_of_the_actions_is_random():
    made, n_runs = bandit(1.0, 0.0), 4000
    actions = []

    class Watching(Table):
        def shape(self, step):
            actions.append(step.a)
            return super().shape(step)

    q_learning(made, Watching(made.R, n_runs=n_runs), n_runs=n_runs, n_episodes=1)
    assert np.mean(actions) == pytest.approx(0.05, abs=0.015)


def test_learning_with_a_potential_is_learning_from_it():
    """Wiewiora (2003): shaped from 0 and unshaped from phi make the same choices."""
    made = mdp("room-2021")
    phi = np.random.default_rng(0).normal(size=made.n_states)
    phi[made.terminal] = 0.0
    shaped = q_learning(made, Potential(phi, made.gamma), n_runs=3, n_episodes=64)
    begun = q_learning(made, n_runs=3, n_episodes=64, first=phi[:, None])
    np.testing.assert_allclose(shaped.returns, begun.returns, atol=1e-9)
    other = q_learning(made, n_runs=3, n_episodes=64)
    assert (other.returns != begun.returns).any()


def test_the_potential_of_the_optimum_teaches_the_room_where_the_goal_alone_does_not():
    made = mdp("room-2021")
    taught = with_table(made, value_iteration(made).V)
    fast = q_learning(made, taught, n_runs=10, n_episodes=128)
    slow = q_learning(made, n_runs=10, n_episodes=128)
    assert fast.mean[-1] > 0.9 * optimal_return(made)
    assert slow.mean[-1] < 0.1 * optimal_return(made)
    assert (fast.area > slow.area).all()


# --- Q-learning, replayed


def test_one_replay_carries_a_reward_back_to_the_start():
    made = corridor(horizon=6)
    episode = play(World(made, n_runs=2, seed=0), always(made, 1, 2), Table(made.R, n_runs=2))
    q = np.zeros((2, *made.R.shape))
    replay(q, [episode], step_size=1.0)
    np.testing.assert_allclose(q[:, :4, 1], [[0.9**3, 0.9**2, 0.9, 1.0]] * 2)
    assert not q[:, :, 0].any()


def test_a_step_that_the_horizon_cuts_is_bootstrapped_like_any_other():
    made = corridor(horizon=2)
    episode = play(World(made, n_runs=1, seed=0), always(made, 1, 1), Table(made.R, n_runs=1))
    q = np.zeros((1, *made.R.shape))
    q[0, 2] = 10.0
    replay(q, [episode], step_size=1.0)
    np.testing.assert_allclose(q[0, :2, 1], [8.1, 9.0])


def test_equal_actions_share_the_probability():
    policy = epsilon_greedy(np.array([[[1.0, 1.0 - 1e-9, 0.0, 0.5]]]), 0.2)
    np.testing.assert_allclose(policy, [[[0.45, 0.45, 0.05, 0.05]]])


def test_the_goal_of_a_short_chain_is_found_without_help():
    made = mdp("chain-2022", n1=8, n2=20)
    curve = q_learning_replayed(made, n_runs=6, n_episodes=100)
    best = optimal_return(made, horizon=made.horizon)
    assert (curve.returns[:, 0] < 0.1 * best).all()
    assert (curve.returns[:, 1] > 0.9 * best).all()


# --- REINFORCE


def test_the_gradient_is_that_of_the_weighted_log_probabilities():
    made, n_runs = mdp("room-2024"), 3
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(n_runs, *made.R.shape))
    reward = Table(rng.normal(size=made.R.shape), n_runs=n_runs)
    world, policy = World(made, n_runs=n_runs, seed=0), softmax(theta)
    episodes = [play(world, policy, reward) for _ in range(2)]
    logits = torch.tensor(theta, requires_grad=True)
    log_pi = torch.log_softmax(logits, dim=-1)
    for run in range(n_runs):
        total, n_steps = torch.tensor(0.0), 0
        for e in episodes:
            for t in np.flatnonzero(e.valid[run]):
                later = e.r_hat[run, t:][e.valid[run, t:]]
                paid = (later * made.gamma ** np.arange(len(later))).sum()
                total = total + paid * log_pi[run, e.s[run, t], e.a[run, t]]
                n_steps += 1
        (total / n_steps).backward(retain_graph=True)
    np.testing.assert_allclose(gradient(episodes, policy), logits.grad.numpy(), atol=1e-10)


def test_an_update_happens_every_second_episode_over_the_latest_five():
    """On a bandit, whose returns are its rewards, the first updates can be done by hand."""
    made = bandit(1.0, -1.0)
    seen = []

    class Watching(Table):
        def update(self, n_episodes, memory, policy):
            seen.append((n_episodes, len(memory), policy[0, 0].copy(), memory[-1].a[0, 0]))

    reinforce(made, Watching(made.R, n_runs=1), n_runs=1, n_episodes=12, learning_rate=0.5)
    assert [n for n, *_ in seen] == list(range(1, 13))
    assert [size for _, size, *_ in seen] == [*range(1, 11), 10, 10]
    theta, actions = np.zeros(2), []
    for n, _, policy, action in seen:
        np.testing.assert_allclose(policy, softmax(theta), atol=1e-12)
        actions.append(action)
        if n % 2 == 0:
            latest, pi = np.array(actions[-5:]), softmax(theta)
            paid = np.where(latest == 0, 1.0, -1.0)
            grads = paid[:, None] * (np.eye(2)[latest] - pi)
            theta = theta + 0.5 * grads.mean(axis=0)


def test_reinforce_learns_which_arm_pays():
    curve = reinforce(bandit(0.0, 1.0, 0.0), n_runs=5, n_episodes=1000, learning_rate=0.1)
    assert curve.returns[:, 0] == pytest.approx(1 / 3)
    assert (curve.returns[:, -1] > 0.9).all()
    assert curve.episodes.tolist() == list(range(0, 1001, 100))


def test_first_logits_may_differ_between_runs():
    theta = np.zeros((2, 2, 3))
    theta[1, 0, 1] = 50.0
    curve = reinforce(bandit(0.0, 1.0, 0.0), n_runs=2, n_episodes=1, theta=theta)
    assert curve.returns[:, 0] == pytest.approx([1 / 3, 1.0])


@pytest.mark.parametrize("learn", [q_learning, q_learning_replayed, reinforce])
def test_a_curve_is_fixed_by_its_seed_and_not_by_the_other_runs(learn):
    made = mdp("linek-2024")
    rich = with_table(made, value_iteration(made).V)
    first, again, more = (learn(made, rich, n_runs=n, n_episodes=100, seed=4) for n in (2, 2, 5))
    np.testing.assert_array_equal(first.returns, again.returns)
    np.testing.assert_allclose(first.returns, more.returns[:2], atol=1e-12)
    other = learn(made, rich, n_runs=2, n_episodes=100, seed=5)
    assert (other.returns != first.returns).any()


# --- what is measured


def test_exact_returns_of_many_policies_are_those_of_each():
    made = mdp("linek-2024")
    rng = np.random.default_rng(0)
    q = rng.normal(size=(4, *made.R.shape))
    np.testing.assert_allclose(
        greedy_returns(made, q), [expected_return(made, greedy(one)) for one in q]
    )
    np.testing.assert_allclose(
        finite_returns(made, softmax(q), horizon=30),
        [expected_return(made, softmax(one), horizon=30) for one in q],
    )


def test_a_level_is_reached_where_the_moving_mean_holds_it():
    returns = np.array([[0, 0, 1, 1, 1, 1, 1], [0, 1, 0, 1, 1, 1, 1]], float)
    curve = Curve(np.arange(7) * 100, returns)
    assert curve.episodes_to(0.9, window=1) == 300
    assert curve.episodes_to(0.9, window=3) == 500
    assert curve.episodes_to(1.1, window=3) is None
    assert curve.episodes_to(0.0, window=8) is None
    np.testing.assert_allclose(curve.mean, [0, 0.5, 0.5, 1, 1, 1, 1])
    np.testing.assert_allclose(curve.standard_error[:2], [0, 0.5])
    np.testing.assert_allclose(curve.area, [5 / 7, 5 / 7])
