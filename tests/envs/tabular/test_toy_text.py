"""Gymnasium's toy-text environments as MDPs."""

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.tabular import (
    TabularEnv,
    expected_return,
    from_toy_text,
    greedy,
    mdp,
    optimal_return,
    value_iteration,
)
from rewardlab.errors import ConfigError, UsageError

TAXI = max(id for id in gym.registry if id.startswith("Taxi-v"))
CLIFF = max(id for id in gym.registry if id.startswith("CliffWalking-v"))


def sampled_return(env, made, episodes):
    act = value_iteration(made).Q.argmax(axis=1)
    totals = []
    for episode in range(episodes):
        s, _ = env.reset(seed=episode)
        total, t, done = 0.0, 0, False
        while not done:
            s, reward, terminated, truncated, _ = env.step(int(act[s]))
            total += made.gamma**t * reward
            t += 1
            done = terminated or truncated
        totals.append(total)
    return np.mean(totals), np.std(totals) / np.sqrt(episodes)


def test_the_shortest_way_along_the_cliff_takes_13_steps():
    made = from_toy_text(gym.make(CLIFF))
    assert optimal_return(made) == pytest.approx(-(1 - 0.99**13) / 0.01)
    assert made.goal_states == (35,)
    assert made.horizon is None


@pytest.mark.parametrize("id", ["FrozenLake-v1", TAXI])
def test_acting_well_earns_what_the_values_say(id):
    env = gym.make(id)
    made = from_toy_text(env)
    assert made.horizon == env.spec.max_episode_steps
    mean, error = sampled_return(env, made, 400)
    best = greedy(value_iteration(made).Q)
    assert abs(mean - expected_return(made, best, horizon=made.horizon)) < 4 * error


def test_states_keep_their_numbers_and_ends_lead_to_the_appended_one():
    env = gym.make("FrozenLake-v1", is_slippery=False)
    made = from_toy_text(env, gamma=0.9)
    assert (made.n_states, made.gamma, made.name) == (17, 0.9, "FrozenLake-v1")
    assert made.T[14, 16, 2] == 1  # into the goal
    assert made.R[14, 2] == 1
    assert made.T[4, 16, 2] == 1  # into a hole
    assert made.goal_states == (14,)
    assert optimal_return(made) == pytest.approx(0.9**5)


def test_the_goal_states_of_the_taxi_are_its_four_ranks():
    made = from_toy_text(gym.make(TAXI))
    assert len(made.goal_states) == 4
    assert made.R[list(made.goal_states)].max(axis=1).tolist() == [20] * 4


def test_ours_come_back_with_one_more_state():
    made = mdp("room-2021")
    again = from_toy_text(TabularEnv(made), gamma=made.gamma)
    assert again.goal_states == (48,)
    assert optimal_return(again) == pytest.approx(optimal_return(made))


def test_others_are_refused_with_the_reason():
    with pytest.raises(UsageError, match=r"CartPoleEnv does not expose P\[s\]\[a\]"):
        from_toy_text(gym.make("CartPole-v1"))
    env = gym.make("FrozenLake-v1").unwrapped
    env.P[3][1] = [(0.5, 2, 0.0, False)]
    with pytest.raises(ConfigError, match=r"T\[3, :, 1\] sums to 0.5"):
        from_toy_text(env)
    env.P[3][1] = [(1.0, 99, 0.0, False)]
    with pytest.raises(
        UsageError, match=r"P\[3\]\[1\] is no list .*state 99 is not one of 0 to 15"
    ):
        from_toy_text(env)
