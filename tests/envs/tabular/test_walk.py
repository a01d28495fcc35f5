"""The continuous LINEK of 2022, alone and against the MDP on its grid."""

import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.tabular import mdp, optimal_return, value_iteration
from rewardlab.envs.tabular.walk import LEFT, PICK_RIGHT, PICK_WRONG, RIGHT, WalkEnv


def at(x, key=None, **options):
    env = WalkEnv(**options)
    env.reset(seed=0)
    env.x, env.key = x, key
    return env


def test_an_observation_says_where_one_is_and_what_one_holds():
    env = at(0.95, key=3)
    obs = env.step(PICK_RIGHT)[0]
    assert obs.tolist()[:4] == [np.float32(0.95), 1, 0, 1]
    assert obs[4:].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert at(0.05).step(PICK_RIGHT)[0].tolist()[1:5] == [1, 1, 0, 1]


def test_episodes_start_in_the_middle_and_last_61_steps():
    env = gym.make("rewardlab/Linek-2022-v0")
    starts = [float(env.reset(seed=seed)[0][0]) for seed in range(200)]
    assert 0.3 <= min(starts) < 0.31
    assert 0.39 < max(starts) <= 0.4
    ends = [env.step(PICK_RIGHT)[2:4] for _ in range(61)]
    assert ends == [(False, False)] * 60 + [(False, True)]


def test_a_wrong_key_is_one_of_nine_and_blocks_the_right_one():
    env, seen = at(0.05), set()
    for _ in range(200):
        env.key = None
        env.step(PICK_WRONG)
        seen.add(env.key)
    assert seen == set(range(1, 10))
    env.step(PICK_RIGHT)
    assert env.key != 0
    assert at(0.2).step(PICK_RIGHT)[0][1] == 0  # no keys here


@pytest.mark.parametrize(
    ("x", "key", "action", "distractor", "paid"),
    [
        (0.95, 0, RIGHT, False, 1.0),
        (0.95, 0, RIGHT, True, 1.0),
        (0.95, 4, RIGHT, False, 0.0),
        (0.95, 4, RIGHT, True, 0.01),
        (0.95, None, RIGHT, True, 0.01),
        (0.95, 0, LEFT, True, 0.0),
        (0.85, 0, RIGHT, True, 0.0),
    ],
)
def test_what_is_paid(x, key, action, distractor, paid):
    assert at(x, key, distractor=distractor).step(action)[1] == paid


def test_a_twentieth_of_the_steps_goes_the_other_way():
    env, moved = at(0.5), []
    for _ in range(4000):
        env.x = 0.5
        env.step(LEFT)
        moved.append(0.5 - env.x)
    moved = np.array(moved)
    assert ((np.abs(moved) >= 0.074) & (np.abs(moved) <= 0.076)).all()
    assert (moved < 0).mean() == pytest.approx(0.05, abs=0.015)


def test_the_line_has_two_ends():
    env = at(0.01)
    xs = []
    for _ in range(50):
        env.x = 0.01
        env.step(LEFT)
        xs.append(env.x)
    assert min(xs) == 0.0


def test_its_grid_is_worth_what_acting_on_the_line_earns():
    """The grid's greedy policy on the line earns the grid's finite-horizon optimum, about."""
    made = mdp("linek-2022")
    act = value_iteration(made).Q.argmax(axis=1)
    env, returns = WalkEnv(), []
    for episode in range(300):
        env.reset(seed=episode)
        total, truncated, t = 0.0, False, 0
        while not truncated:
            key = 0 if env.key is None else 1 if env.key == 0 else 2
            s = min(int(env.x * 100), 99) + 100 * key
            _, reward, _, truncated, _ = env.step(int(act[s]))
            total += made.gamma**t * reward
            t += 1
        returns.append(total)
    best = optimal_return(made, horizon=made.horizon)
    assert np.mean(returns) == pytest.approx(best, rel=0.05)
