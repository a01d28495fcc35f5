"""The pool as SB3 sees it, on a pool of our own whose episodes have different lengths."""

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.monitor import Monitor

from rewardlab.envs.batch import Batch
from rewardlab.errors import UsageError
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.training.pooled import PoolVecEnv
from rewardlab.training.shaped import ShapedVecEnv
from rewardlab.training.venv import SuccessVecEnv


class CountingPool:
    """Environment i counts its steps up to i + 2; odd ones end, even ones run out of time."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, n_envs=3):
        self.n_envs = n_envs
        self.steps = np.zeros(n_envs)
        self.episode = np.zeros(n_envs)
        self.seeds = []
        self.closed = False

    def reset(self, seed=None):
        self.seeds.append(seed)
        return self.restart(np.arange(self.n_envs))

    def restart(self, env_id):
        self.steps[env_id] = 0
        self.episode[env_id] += 1
        return self._obs()[env_id]

    def step(self, actions):
        self.steps += 1
        over = self.steps == np.arange(self.n_envs) + 2
        odd = np.arange(self.n_envs) % 2 == 1
        return Batch(
            obs=self._obs(),
            rewards=self.steps.copy(),
            terminated=over & odd,
            truncated=over & ~odd,
            success=(self.steps == 1) & odd,
            scenes=self._obs().repeat(2, axis=1),
        )

    def close(self):
        self.closed = True

    def _obs(self):
        return np.stack([self.steps, self.episode], axis=1)


@pytest.fixture
def pool():
    return CountingPool()


def step(venv):
    return venv.step(np.zeros((venv.num_envs, 1), np.float32))


def test_an_environment_that_is_done_starts_again_within_its_last_step(pool):
    venv = PoolVecEnv(pool)
    np.testing.assert_array_equal(venv.reset(), [[0, 1]] * 3)
    step(venv)
    obs, rewards, dones, infos = step(venv)
    np.testing.assert_array_equal(dones, [True, False, False])
    np.testing.assert_array_equal(obs, [[0, 2], [2, 1], [2, 1]])
    np.testing.assert_array_equal(infos[0]["terminal_observation"], [2, 1])
    assert rewards.tolist() == [2, 2, 2]
    assert rewards.dtype == np.float32
    assert "terminal_observation" not in infos[1]
    obs, *_ = step(venv)
    np.testing.assert_array_equal(obs, [[1, 2], [0, 2], [3, 1]])


def test_only_the_time_limit_counts_as_truncation(pool):
    venv = PoolVecEnv(pool)
    venv.reset()
    ended = {}
    for _ in range(4):
        *_, dones, infos = step(venv)
        for i in np.flatnonzero(dones):
            ended.setdefault(int(i), infos[i]["TimeLimit.truncated"])
    assert ended == {0: True, 1: False, 2: True}


def test_what_ends_in_the_last_step_by_itself_is_not_truncated():
    class AtOnce(CountingPool):
        def step(self, actions):
            batch = super().step(actions)
            over = batch.terminated | batch.truncated
            return batch._replace(terminated=over, truncated=over)

    venv = PoolVecEnv(AtOnce())
    venv.reset()
    step(venv)
    *_, dones, infos = step(venv)
    assert dones[0]
    assert infos[0]["TimeLimit.truncated"] is False


def test_episodes_are_counted_as_monitor_counts_them(pool):
    venv = PoolVecEnv(pool)
    venv.reset()
    seen = []
    for _ in range(6):
        *_, infos = step(venv)
        seen += [(i["episode"]["l"], i["episode"]["r"]) for i in infos if "episode" in i]
    assert seen == [(2, 3), (3, 6), (2, 3), (4, 10), (2, 3), (3, 6)]
    assert venv.env_is_wrapped(Monitor) == [True] * 3
    assert venv.env_is_wrapped(gym.wrappers.TimeLimit, indices=1) == [False]


def test_an_episode_is_solved_if_any_of_its_steps_is(pool):
    venv = SuccessVecEnv(PoolVecEnv(pool))
    venv.reset()
    told = {}
    for _ in range(4):
        *_, dones, infos = step(venv)
        for i in np.flatnonzero(dones):
            told.setdefault(int(i), infos[i]["is_success"])
    assert told == {0: False, 1: True, 2: False}


def test_a_shaper_sees_true_successors_and_how_episodes_ended(pool):
    class Watcher(Shaper):
        seen = ()

        def shape(self, batch):
            self.seen += ((batch.next_obs, batch.terminated, batch.truncated, batch.scene),)
            return Shaped(batch.r_ext, {})

    watcher = Watcher()
    venv = ShapedVecEnv(PoolVecEnv(pool), watcher, gamma=0.99)
    venv.reset()
    for _ in range(3):
        step(venv)
    next_obs, terminated, truncated, scene = watcher.seen[1]
    np.testing.assert_array_equal(next_obs[:, 0], [2, 2, 2])
    assert (terminated.tolist(), truncated.tolist()) == ([False] * 3, [True, False, False])
    np.testing.assert_array_equal(scene[:, 0], [2, 2, 2])
    assert watcher.seen[2][1].tolist() == [False, True, False]


def test_a_seed_reaches_the_next_reset_alone(pool):
    venv = PoolVecEnv(pool)
    venv.seed(5)
    venv.reset()
    venv.reset()
    assert pool.seeds == [5, None]


def test_single_environments_cannot_be_asked(pool):
    venv = PoolVecEnv(pool)
    assert venv.get_attr("render_mode", 1) == [None]
    with pytest.raises(AttributeError, match="no attribute 'model'"):
        venv.get_attr("model")
    with pytest.raises(UsageError, match="no method 'reset'"):
        venv.env_method("reset", seed=0)
    with pytest.raises(UsageError, match="no attribute 'x'"):
        venv.set_attr("x", 1)
    venv.close()
    assert pool.closed
