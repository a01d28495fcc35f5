import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecEnv

from rewardlab.errors import ShaperFault, UsageError
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.training.shaped import ShapedVecEnv


class Scripted(VecEnv):
    """Two environments whose observations count steps: the first terminates, the second is cut."""

    def __init__(self):
        space = gym.spaces.Box(-100, 100, (1,), np.float64)
        super().__init__(2, space, gym.spaces.Box(-1, 1, (1,), np.float32))
        self.rewards = np.array([1.0, 2.0], np.float32)

    def reset(self):
        self.count = 0
        return np.array([[0.0], [10.0]])

    def step_async(self, actions):
        actions += 0.0

    def step_wait(self):
        self.count += 1
        obs = np.array([[0.0 + self.count], [10.0 + self.count]])
        infos = [
            {"TimeLimit.truncated": False, "scene": np.array([self.count, i]), "success": i == 1}
            for i in range(2)
        ]
        dones = np.array([self.count == 2, self.count == 2])
        if dones[0]:
            infos[1]["TimeLimit.truncated"] = True
            for i in range(2):
                infos[i]["terminal_observation"] = obs[i].copy()
            obs[:] = [[100.0], [200.0]]
        return obs, self.rewards, dones, infos

    def close(self):
        pass

    def get_attr(self, name, indices=None):
        return [None, None]

    def set_attr(self, name, value, indices=None): ...
    def env_method(self, name, *args, indices=None, **kwargs): ...
    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False, False]


class Recording(Shaper):
    def __init__(self, gamma=None):
        self.gamma = gamma
        self.calls = []

    def begin(self, obs, env_id):
        self.calls.append(("begin", obs.copy(), env_id.copy()))

    def shape(self, batch):
        self.calls.append(("shape", batch))
        return Shaped(batch.r_ext * 10.0, {"ten": batch.r_ext * 9.0, "one": batch.r_ext})

    def observe(self, batch):
        self.calls.append(("observe", batch))


@pytest.fixture
def shaper():
    return Recording()


@pytest.fixture
def venv(shaper):
    venv = ShapedVecEnv(Scripted(), shaper, gamma=0.9)
    venv.reset()
    return venv


def steps(venv, n):
    return [venv.step(np.zeros((2, 1), np.float32)) for _ in range(n)]


def test_calls_come_in_the_order_begin_shape_observe_begin(venv, shaper):
    steps(venv, 3)
    names = [call[0] for call in shaper.calls]
    assert names == ["begin", "shape", "observe", "shape", "observe", "begin", "shape", "observe"]


def test_episodes_begin_with_the_reset_observations_of_the_environments_that_ended(venv, shaper):
    steps(venv, 2)
    _, obs, env_id = shaper.calls[-1]
    assert obs.tolist() == [[100.0], [200.0]]
    assert env_id.tolist() == [0, 1]


def test_the_successor_of_a_last_step_is_the_terminal_observation(venv, shaper):
    result = steps(venv, 2)[-1]
    batch = shaper.calls[-2][1]
    assert batch.next_obs.tolist() == [[2.0], [12.0]]
    assert batch.obs.tolist() == [[1.0], [11.0]]
    assert result[0].tolist() == [[100.0], [200.0]]


def test_termination_and_truncation_exclude_each_other(venv, shaper):
    steps(venv, 2)
    batch = shaper.calls[-2][1]
    assert batch.terminated.tolist() == [True, False]
    assert batch.truncated.tolist() == [False, True]


def test_steps_are_counted_within_the_episode(venv, shaper):
    steps(venv, 3)
    counted = [c[1].t.tolist() for c in shaper.calls if c[0] == "shape"]
    assert counted == [[0, 0], [1, 1], [0, 0]]


def test_batches_hold_scene_rows_and_success(venv, shaper):
    steps(venv, 1)
    batch = shaper.calls[-1][1]
    assert batch.scene.tolist() == [[1.0, 0.0], [1.0, 1.0]]
    assert batch.success.tolist() == [False, True]


def test_rewards_are_float32_and_may_be_written_to(venv, shaper):
    _, rewards, _, _ = steps(venv, 1)[0]
    assert rewards.dtype == np.float32
    rewards += 1000.0  # as SB3 does where it bootstraps a truncated episode
    assert venv.venv.rewards.tolist() == [1.0, 2.0]
    assert shaper.calls[-1][1].r_ext.tolist() == [1.0, 2.0]


def test_infos_say_what_a_reward_is_made_of(venv):
    _, rewards, _, infos = steps(venv, 1)[0]
    assert rewards.tolist() == [10.0, 20.0]
    assert infos[1]["reward/env"] == 2.0
    assert infos[1]["reward/shaped"] == 20.0
    assert infos[1]["reward/terms/ten"] == 18.0


def test_means_are_per_step_and_start_again_when_taken(venv):
    steps(venv, 3)
    means = venv.take_means()
    assert means == pytest.approx(
        {
            "reward/env": 1.5,
            "reward/shaped": 15.0,
            "reward/terms/ten": 13.5,
            "reward/terms/one": 1.5,
            "shaper/share": 0.9,
            "shaper/share/ten": 0.9,
            "shaper/share/one": 0.1,
            "shaper/std/ten": 4.5,
            "shaper/std/one": 0.5,
            "shaper/return_correlation": 1.0,
        }
    )
    assert venv.take_means() == {}


def test_another_discount_is_refused():
    with pytest.raises(UsageError, match=r"gamma 0\.5, the algorithm uses 0\.9"):
        ShapedVecEnv(Scripted(), Recording(gamma=0.5), gamma=0.9)


def test_a_second_shaper_shapes_what_the_first_returns():
    venv = ShapedVecEnv(ShapedVecEnv(Scripted(), Recording(), gamma=0.9), Recording(), gamma=0.9)
    venv.reset()
    _, rewards, _, infos = steps(venv, 1)[0]
    assert rewards.tolist() == [100.0, 200.0]
    assert infos[0]["reward/env"] == 1.0
    assert infos[0]["reward/shaped"] == 100.0


def test_state_holds_the_sums_since_the_last_row(venv):
    steps(venv, 2)
    other = ShapedVecEnv(Scripted(), Recording(), gamma=0.9)
    other.load_state_dict(venv.state_dict())
    assert other.take_means() == venv.take_means()


class Broken(Shaper):
    def __init__(self, answer):
        self.answer = answer

    def shape(self, batch):
        return self.answer(batch)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda batch: batch.r_ext, r"must return Shaped\(reward, terms\), got ndarray"),
        (
            lambda batch: Shaped(batch.r_ext[:1], {}),
            r"'reward' as .* 2 finite .* shape \(1,\)",
        ),
        (lambda batch: Shaped(batch.r_ext * np.nan, {}), r"'reward' as .* 2 finite .*nan"),
        (
            lambda batch: Shaped(batch.r_ext, {"x": 1.0}),
            r"'x' as .* 2 finite .* got a float",
        ),
    ],
)
def test_a_shaper_that_returns_something_else_is_told_what_to_return(answer, said):
    venv = ShapedVecEnv(Scripted(), Broken(answer), gamma=0.9)
    venv.reset()
    with pytest.raises(ShaperFault, match=said):
        venv.step(np.zeros((2, 1), np.float32))
