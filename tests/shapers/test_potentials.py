"""Potential-based shaping: the identities of its theorems, and where they end."""

import numpy as np
import pytest

from rewardlab.envs.tabular import TabularMDP, mdp
from rewardlab.errors import UsageError
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.potentials import (
    bootstrap_limit,
    bootstrapped,
    difference,
    shaped,
    teacher_potential,
)


def random_potential(m, seed):
    phi = np.random.default_rng(seed).normal(size=m.n_states)
    phi[-1] = 0.0
    return phi


def episode(m, seed, *, most=60):
    """States, actions and rewards of a random walk; the last state is terminal if it ended."""
    rng, states, actions = np.random.default_rng(seed), [], []
    states.append(int(rng.choice(m.n_states, p=m.initial)))
    while len(actions) < most and states[-1] != m.terminal:
        actions.append(int(rng.integers(m.n_actions)))
        states.append(int(rng.choice(m.n_states, p=m.T[states[-1], :, actions[-1]])))
    return np.array(states), np.array(actions), m.R[states[:-1], actions]


@pytest.mark.parametrize("name", ["room-2021", "linek-2024", "chain-2022"])
@pytest.mark.parametrize("seed", [0, 1])
def test_shaping_subtracts_the_potential_from_every_value(name, seed):
    m = mdp(name)
    phi, plain = random_potential(m, seed), optimum(m)
    changed = optimum(m, shaped(m, phi))
    np.testing.assert_allclose(changed.q, plain.q - phi[:, None], atol=1e-10)
    np.testing.assert_allclose(changed.v, plain.v - phi, atol=1e-10)
    advantage = plain.q - plain.v[:, None]
    np.testing.assert_allclose(changed.q - changed.v[:, None], advantage, atol=1e-10)
    np.testing.assert_array_equal(changed.optimal[:-1], plain.optimal[:-1])


@pytest.mark.parametrize("most", [5, 500])
def test_along_an_episode_only_the_ends_remain(most):
    """Truncated or terminated, for sums that include a time limit."""
    m = mdp("linek-2024")
    phi = np.random.default_rng(0).normal(size=m.n_states)  # not 0 at the end: F drops it there
    for seed in range(5):
        states, actions, _ = episode(m, seed, most=most)
        done = states[1:] == m.terminal
        f = difference(phi[states[:-1]], phi[states[1:]], gamma=m.gamma, terminated=done)
        n = len(actions)
        last = 0.0 if done[-1] else m.gamma**n * phi[states[-1]]
        assert (m.gamma ** np.arange(n) * f).sum() == pytest.approx(last - phi[states[0]])
        assert done[-1] == (most == 500)


def test_a_truncated_episode_keeps_the_potential_of_its_last_state():
    f = difference([1.0, 1.0], [2.0, 2.0], gamma=0.5, terminated=[True, False])
    np.testing.assert_allclose(f, [-1.0, 0.0])


def test_a_potential_at_the_end_can_make_another_action_optimal_and_is_refused():
    """Stop pays 1 and ends; go pays 0, then 1.2 and ends. With 1 at the end, stop wins."""
    transitions = np.zeros((3, 3, 2))
    transitions[0, 2, 0] = transitions[0, 1, 1] = 1.0
    transitions[1, 2] = transitions[2, 2] = 1.0
    reward = np.array([[1.0, 0.0], [1.2, 1.2], [0.0, 0.0]])
    m = TabularMDP(transitions, reward, 0.9, np.array([1.0, 0.0, 0.0]))
    assert optimum(m).policy[0] == 1
    phi = np.array([0.0, 0.0, 1.0])
    paid = m.gamma * np.einsum("sta,t->sa", m.T, phi) + m.R
    paid[2] = 0.0  # an episode that ended pays no more
    assert optimum(m, paid).policy[0] == 0
    with pytest.raises(UsageError, match="1 at the terminal state 2"):
        shaped(m, phi)


def test_a_dynamic_potential_costs_what_it_was_when_the_episode_began():
    """Any sequence of potentials; computing the newer one again for s is what must not be done."""
    m, rng = mdp("linek-2024"), np.random.default_rng(1)
    states, actions, rewards = episode(m, 3, most=40)
    n = len(actions)
    phis = rng.normal(size=(n + 1, m.n_states))  # Φ_t, a new one at each step
    on_entry = phis[np.arange(n + 1), states]
    done, discount = states[1:] == m.terminal, m.gamma ** np.arange(n)
    f = difference(on_entry[:-1], on_entry[1:], gamma=m.gamma, terminated=done)
    kept = 0.0 if done[-1] else m.gamma**n * on_entry[-1]
    extrinsic = (discount * rewards).sum()
    assert (discount * (rewards + f)).sum() == pytest.approx(extrinsic + kept - on_entry[0])
    again = phis[np.arange(1, n + 1), states[:-1]]
    wrong = difference(again, on_entry[1:], gamma=m.gamma, terminated=done)
    assert (discount * (rewards + wrong)).sum() != pytest.approx(
        extrinsic + kept - on_entry[0], abs=1e-3
    )


def test_shaping_is_q_learning_from_another_start():
    """Wiewiora 2003: the same transitions change both tables by the same."""
    m = mdp("linek-2024")
    phi, rng = random_potential(m, 0), np.random.default_rng(2)
    start = rng.normal(size=m.R.shape)
    start[-1] = 0.0
    with_shaping, without = start.copy(), start + phi[:, None]
    for seed in range(20):
        states, actions, rewards = episode(m, seed)
        for s, a, r, after in zip(states, actions, rewards, states[1:], strict=False):
            f = difference(phi[s], phi[after], gamma=m.gamma, terminated=after == m.terminal)
            target = r + f + m.gamma * with_shaping[after].max()
            change = 0.5 * (target - with_shaping[s, a])
            other = 0.5 * (r + m.gamma * without[after].max() - without[s, a])
            assert change == pytest.approx(other, abs=1e-10)
            with_shaping[s, a] += change
            without[s, a] += other
    np.testing.assert_allclose(with_shaping + phi[:, None], without, atol=1e-10)


@pytest.mark.parametrize("eta", [-0.5, 0.02])
def test_bootstrapped_values_are_the_optimal_ones_scaled(eta):
    m = mdp("room-2021")
    best, found = optimum(m), bootstrapped(m, eta)
    np.testing.assert_allclose(found.V, best.v / (1 + eta), atol=1e-9)
    np.testing.assert_allclose(found.Q, best.q - eta / (1 + eta) * best.v[:, None], atol=1e-9)


def test_bootstrapping_beyond_its_limit_is_warned_about_and_refused_when_it_diverges():
    m = mdp("room-2021")
    assert bootstrap_limit(m.gamma) == pytest.approx(0.05 / 1.95)
    with (
        pytest.warns(UserWarning, match=r"eta=0.5 lies outside \(-1, 0.02564\)"),
        pytest.raises(UsageError, match="do not converge"),
    ):
        bootstrapped(m, 0.5)


def test_the_teachers_potential_is_its_value():
    m = mdp("linek-2024")
    np.testing.assert_array_equal(teacher_potential(m), optimum(m).v)
    assert teacher_potential(m)[-1] == 0


@pytest.mark.parametrize(
    ("potential", "message"),
    [(np.zeros(3), r"shape \(3,\); give \(50,\)"), (np.full(50, np.nan), "nan at state 0")],
)
def test_a_potential_that_does_not_fit_is_refused(potential, message):
    with pytest.raises(UsageError, match=message):
        shaped(mdp("room-2021"), potential)
