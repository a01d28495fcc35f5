import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.experts import expert_of
from rewardlab.envs.metaworld.snapshots import restore, snapshot
from rewardlab.envs.tasks import task


@pytest.mark.parametrize("name", ["metaworld/drawer-open", "metaworld/pick-place"])
def test_steps_taken_again_in_any_order_give_the_same_bit_for_bit(name):
    env = task(name).make_env(seed=3)
    rng = np.random.default_rng(0)
    env.reset()
    steps = []
    for _ in range(40):
        action = rng.uniform(env.action_space.low, env.action_space.high)
        moment = snapshot(env)
        obs, *_, info = env.step(action)
        steps.append((moment, action, obs, info["scene"], info["success"]))
    for i in rng.permutation(len(steps)):
        moment, action, obs, scene, success = steps[i]
        for _ in range(2):
            restore(env, moment)
            again, *_, info = env.step(action)
            np.testing.assert_array_equal(again, obs)
            np.testing.assert_array_equal(info["scene"], scene)
            assert info["success"] == success
    env.close()


def test_an_environment_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="no environment of MetaWorld"):
        snapshot(gym.make("CartPole-v1"))


def test_only_metaworld_brings_experts():
    assert expert_of(task("locomotion/ant-forward")) is None
    expert = expert_of(task("metaworld/drawer-open"))
    assert expert is not None
    assert expert(np.zeros(39)).shape == (4,)
