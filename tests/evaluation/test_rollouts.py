import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

from rewardlab.envs.seeding import child_seed
from rewardlab.evaluation.rollouts import rollout


class Lottery(gym.Env):
    """Each episode draws its length and whether it succeeds: long ones do more often."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gym.spaces.Box(-1, 1, (1,))

    def __init__(self, signal=True):
        self.signal = signal

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.draw = self.np_random.uniform()
        self.length = 1 + int(self.draw * 40)
        self.t = 0
        return np.array([self.draw, 0.0]), {}

    def step(self, action):
        self.t += 1
        info = {"success": self.draw > 0.5 and self.t == 1} if self.signal else {}
        done = self.t == self.length
        return np.array([self.draw, self.t]), float(action[0]), done, False, info


class Push:
    def predict(self, obs):
        return np.full((len(obs), 1), 0.5, np.float32)


def venv(n, kind=DummyVecEnv, **options):
    return kind([lambda: Monitor(Lottery(**options))] * n)


def test_the_same_seed_gives_the_same_episodes_whatever_the_number_of_environments():
    runs = [rollout(Push(), venv(n), episodes=23, seed=4) for n in (1, 4, 4, 32)]
    for run in runs[1:]:
        for a, b in zip(runs[0], run, strict=True):
            np.testing.assert_array_equal(a, b)
    other = rollout(Push(), venv(4), episodes=23, seed=5)
    assert (other.lengths != runs[0].lengths).any()


def test_processes_give_the_same_episodes_too():
    here = rollout(Push(), venv(1), episodes=5, seed=4)
    there = rollout(Push(), venv(2, SubprocVecEnv), episodes=5, seed=4)
    np.testing.assert_array_equal(here.lengths, there.lengths)


def test_episodes_are_the_seeded_ones_each_run_to_its_end():
    done = rollout(Push(), venv(3), episodes=10, seed=7)
    draws = [Lottery().reset(seed=child_seed(7, i))[0][0] for i in range(10)]
    lengths = np.array([1 + int(d * 40) for d in draws])
    np.testing.assert_array_equal(done.lengths, lengths)
    np.testing.assert_allclose(done.returns, 0.5 * lengths)
    np.testing.assert_array_equal(done.success, np.array(draws) > 0.5)


def test_short_episodes_are_not_preferred():
    """The first 32 to finish among 32 environments would almost all be short and unsolved."""
    done = rollout(Push(), venv(32), episodes=320, seed=0)
    assert done.success.mean() == pytest.approx(0.5, abs=0.1)


def test_without_a_signal_success_is_none_rather_than_zero():
    assert rollout(Push(), venv(2, signal=False), episodes=3, seed=0).success is None


def test_progress_counts_every_episode():
    counts = []
    rollout(Push(), venv(4), episodes=9, seed=0, on_episode=counts.append)
    assert counts == sorted(counts)
    assert counts[-1] == 9
    assert len(counts) == 9


def test_no_episodes_is_misuse():
    with pytest.raises(ValueError, match="at least 1"):
        rollout(Push(), venv(1), episodes=0, seed=0)
