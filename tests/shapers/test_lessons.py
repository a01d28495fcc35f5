"""What is measured of a trained policy does not depend on the unit of its rewards."""

import gymnasium as gym
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.shapers import lessons
from rewardlab.shapers.view import PolicyView


class Pays(gym.Wrapper):
    """Pendulum for 40 steps that pays in another unit."""

    def __init__(self, unit):
        super().__init__(gym.wrappers.TimeLimit(gym.make("Pendulum-v1").unwrapped, 40))
        self.unit = unit

    def step(self, action):
        obs, reward, *rest = super().step(action)
        return obs, self.unit * reward, *rest


def calibration(unit):
    venv = VecNormalize(make_vec_env(lambda: Pays(unit), 2, seed=0))
    model = PPO("MlpPolicy", venv, n_steps=160, batch_size=80, n_epochs=4, seed=0, device="cpu")
    model.learn(320)
    taught = lessons.Lessons(PolicyView(model), Pays(unit), gamma=0.99, seed=0)
    return taught.calibration(4, 10)


def test_a_critic_of_normalised_rewards_is_compared_with_returns_in_its_own_unit(monkeypatch):
    monkeypatch.setattr(lessons, "CALIBRATED", -1.0)
    assert calibration(1.0) == pytest.approx(calibration(1_000.0), abs=1e-3)
