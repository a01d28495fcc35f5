"""Replay buffers that shape what is sampled: rewards by hand, goals, windows, checkpoints."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from stable_baselines3 import DQN, SAC, HerReplayBuffer
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.envs import BitFlippingEnv
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rewardlab.errors import UsageError
from rewardlab.shapers.dynamic import DynamicPotential
from rewardlab.shapers.potential import Potential
from rewardlab.training import checkpoint
from rewardlab.training.attach import attach
from rewardlab.training.replay import ShapedDictReplayBuffer, ShapedHerReplayBuffer
from tests.shapers.walks import venv

SMALL = {"buffer_size": 200, "learning_starts": 60, "batch_size": 8, "seed": 0, "device": "cpu"}
HINDSIGHT = {"n_sampled_goal": 4, "goal_selection_strategy": "future"}


class Reach(gym.Env):
    """Come near a goal on a line; ends there, pays the distance it still has."""

    action_space = gym.spaces.Box(-2.0, 2.0, (1,), np.float32)
    place = gym.spaces.Box(-10.0, 10.0, (1,), np.float32)
    observation_space = gym.spaces.Dict(
        {"observation": place, "achieved_goal": place, "desired_goal": place}
    )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.goal = self.np_random.uniform(-2, 2, size=(2, 1)).astype(np.float32)
        return self._obs(), {}

    def step(self, action):
        self.x = self.x + 0.3 * np.asarray(action, np.float32)
        reward = float(self.compute_reward(self.x, self.goal, {}))
        return self._obs(), reward, reward > -0.3, False, {}

    def compute_reward(self, achieved, desired, info):
        return -np.abs(achieved - desired).sum(axis=-1)

    def _obs(self):
        return {"observation": self.x, "achieved_goal": self.x, "desired_goal": self.goal}


def reaching(n_envs=2):
    return DummyVecEnv([lambda: TimeLimit(Reach(), 10) for _ in range(n_envs)])


def far(obs):
    """Φ(s, g): not linear, so that a wrong goal shows."""
    distance = np.asarray(obs["achieved_goal"], float) - obs["desired_goal"]
    return -1.7 * np.abs(distance).sum(axis=1) + 0.3 * np.asarray(obs["desired_goal"])[:, 0] ** 2


def plain(obs):
    return {key: part.numpy() for key, part in obs.items()}


def by_hand(data, reward, gamma, unseen=lambda obs: obs):
    """Return what a sample of goals must pay."""
    obs, reached = unseen(plain(data.observations)), unseen(plain(data.next_observations))
    r_ext = reward(reached["achieved_goal"], reached["desired_goal"], {})
    onward = gamma * np.where(data.dones[:, 0] > 0, 0.0, far(reached))
    return r_ext + onward - far(obs)


def test_hindsight_goals_are_shaped_with_the_goal_that_is_learned_for():
    made = reaching()
    model = SAC(
        "MultiInputPolicy",
        made,
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs=HINDSIGHT,
        **SMALL,
    )
    model.learn(150, callback=attach(model, Potential(far)))
    buffer = model.replay_buffer
    assert isinstance(buffer, ShapedHerReplayBuffer)
    data = buffer.sample(200)
    known = by_hand(data, Reach().compute_reward, model.gamma)
    np.testing.assert_allclose(data.rewards[:, 0], known, atol=1e-5)
    goals = plain(data.observations)["desired_goal"]
    asked = buffer.observations["desired_goal"]
    assert np.isin(goals, asked).mean() == pytest.approx(0.2, abs=0.01)  # 1 real for 4 virtual
    assert 0 < data.dones.numpy().mean() < 1


def test_bits_are_flipped_with_a_potential_and_integer_actions():
    model = DQN(
        "MultiInputPolicy",
        BitFlippingEnv(n_bits=4, max_steps=6),
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs=HINDSIGHT,
        **SMALL,
    )
    model.learn(120, callback=attach(model, Potential(far)))
    data = model.replay_buffer.sample(100)
    reward = BitFlippingEnv(n_bits=4).compute_reward
    np.testing.assert_allclose(data.rewards[:, 0], by_hand(data, reward, model.gamma), atol=1e-5)


def test_integer_goals_reach_a_potential_as_environments_show_them():
    shapes = set()

    def phi(obs):
        shapes.update((key, np.ndim(part)) for key, part in obs.items())
        return -np.abs(obs["achieved_goal"] - np.asarray(obs["desired_goal"], float))

    model = DQN(
        "MultiInputPolicy",
        BitFlippingEnv(n_bits=3, discrete_obs_space=True),
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs=HINDSIGHT,
        **SMALL,
    )
    model.learn(80, callback=attach(model, Potential(phi)))
    assert shapes == {("observation", 1), ("achieved_goal", 1), ("desired_goal", 1)}


def test_goals_are_shaped_before_they_are_normalised():
    made = VecNormalize(reaching(), norm_reward=False)
    model = SAC(
        "MultiInputPolicy",
        made,
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs=HINDSIGHT,
        **SMALL,
    )
    model.learn(150, callback=attach(model, Potential(far)))
    data = model.replay_buffer.sample(100, env=made)
    known = by_hand(data, Reach().compute_reward, model.gamma, made.unnormalize_obs)
    np.testing.assert_allclose(data.rewards[:, 0], known, atol=1e-4)
    raw = by_hand(data, Reach().compute_reward, model.gamma)
    assert not np.allclose(data.rewards[:, 0], raw, atol=0.1)


def test_dict_observations_without_hindsight():
    model = SAC("MultiInputPolicy", reaching(), **SMALL)
    model.learn(150, callback=attach(model, Potential(far)))
    assert isinstance(model.replay_buffer, ShapedDictReplayBuffer)
    data = model.replay_buffer.sample(100)
    known = by_hand(data, Reach().compute_reward, model.gamma)
    np.testing.assert_allclose(data.rewards[:, 0], known, atol=1e-5)


def wave(obs):
    return 3.0 + np.sin(5.0 * obs[:, 0])


@pytest.mark.parametrize("kind", [Potential, DynamicPotential])
def test_the_pay_of_a_window_of_steps_telescopes(kind):
    """γ^k Φ(s_k) − Φ(s_0), also where the window meets the end or the cut of an episode."""
    gamma = 0.9
    model = SAC("MlpPolicy", venv(), n_steps=4, gamma=gamma, **SMALL)
    model.learn(200, callback=attach(model, kind(wave)))
    buffer = model.replay_buffer
    np.random.seed(0)
    rows = np.arange(100)
    data = buffer._get_samples(rows)
    np.random.seed(0)
    envs = np.random.randint(0, 2, size=100)
    k = np.rint(np.log(data.discounts.numpy()[:, 0]) / np.log(gamma)).astype(int)
    ended = data.dones.numpy()[:, 0] > 0
    assert set(k) == {1, 2, 3, 4}
    assert ended.any()
    assert (~ended & (k < 4)).any()
    extrinsic = [
        sum(gamma**i * buffer.rewards.stored[(row + i) % 100, env] for i in range(n))
        for row, env, n in zip(rows, envs, k, strict=True)
    ]
    last = np.where(ended, 0.0, gamma**k * wave(data.next_observations.numpy()))
    f = data.rewards.numpy()[:, 0] - extrinsic
    np.testing.assert_allclose(f, last - wave(data.observations.numpy()), atol=1e-5)


def test_actions_reach_the_shaper_as_the_environment_took_them():
    seen = []

    class Seen(Potential):
        def shape(self, batch):
            if batch.extras is not None:
                seen.append(batch)
            return super().shape(batch)

    model = SAC("MultiInputPolicy", reaching(), **SMALL)
    model.learn(100, callback=attach(model, Seen(far)))
    action = np.concatenate([b.action for b in seen])
    moved = np.concatenate([b.next_obs["observation"] - b.obs["observation"] for b in seen])
    np.testing.assert_allclose(moved, 0.3 * action, atol=1e-5)
    assert np.abs(action).max() > 1


def test_another_kind_of_buffer_is_refused_by_name():
    class Own(ReplayBuffer):
        pass

    model = SAC("MlpPolicy", venv(), replay_buffer_class=Own, **SMALL)
    with pytest.raises(UsageError, match=r"do not know the replay buffer Own; use one of: Replay"):
        attach(model, Potential(wave))


def test_what_is_kept_with_transitions_comes_back_from_a_checkpoint(tmp_path):
    def made():
        model = SAC("MlpPolicy", venv(), **SMALL)
        return model, attach(model, DynamicPotential(wave))

    model, callback = made()
    model.learn(80, callback=callback)
    checkpoint.save(tmp_path, model, {})
    other, _ = made()
    checkpoint.restore(checkpoint.checkpoints(tmp_path)[-1], other)
    rows, envs = np.arange(40), np.ones(40, int)
    assert other.replay_buffer.extras.keys() == {"t", "success", "potential"}
    np.testing.assert_array_equal(
        other.replay_buffer.rewards[rows, envs], model.replay_buffer.rewards[rows, envs]
    )


@pytest.mark.parametrize(
    "forgets",
    [
        {"replay_buffer_kwargs": {"handle_timeout_termination": False}},
        {
            "replay_buffer_kwargs": {"handle_timeout_termination": False},
            "optimize_memory_usage": True,
        },
    ],
)
def test_a_buffer_that_forgets_what_shaping_needs_is_refused(forgets):
    model = SAC("MlpPolicy", "Pendulum-v1", device="cpu", buffer_size=10, **forgets)
    with pytest.raises(UsageError, match="handle_timeout_termination=True"):
        attach(model, Potential(lambda obs: obs[:, 0]))
