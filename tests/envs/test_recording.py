import gymnasium as gym
import numpy as np
import pytest

from rewardlab.envs.recording import SceneRecorder, action_normaliser, slices
from rewardlab.envs.tasks import task
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec


class Counter(gym.Env):
    observation_space = gym.spaces.Box(0, 100, (1,))
    action_space = gym.spaces.Box(-2.0, 4.0, (1,))

    def __init__(self, start=0):
        self.start = start

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.start += 10
        self.count = self.start
        return np.array([self.count], np.float32), {"other": 1}

    def step(self, action):
        self.count += 1
        return np.array([self.count], np.float32), 1.0, False, False, {}


@pytest.fixture
def recorder():
    root = EntitySpec("S", "", (FieldSpec("count", "", "float"),))
    schema = Schema(root, ActionSpec(1), 0.5)

    def read(obs, out):
        out[:] = obs

    return SceneRecorder(Counter(), schema, read)


def test_a_row_is_now_before_first_time_action(recorder):
    _, info = recorder.reset()
    assert info["scene"].tolist() == [10, 10, 10, 0, 0]
    assert info["other"] == 1
    rows = [recorder.step(np.array([action]))[4]["scene"] for action in (1.0, 4.0, -2.0)]
    assert [row.tolist() for row in rows] == [
        [11, 10, 10, 0.5, 0],
        [12, 11, 10, 1.0, 1],
        [13, 12, 10, 1.5, -1],
    ]


def test_a_reset_begins_anew(recorder):
    recorder.reset()
    recorder.step(np.array([4.0]))
    assert recorder.reset()[1]["scene"].tolist() == [20, 20, 20, 0, 0]


def test_rows_are_the_callers_own(recorder):
    _, info = recorder.reset()
    info["scene"][:] = -1
    _, _, _, _, after = recorder.step(np.array([0.0]))
    assert after["scene"][1] == 10
    kept = after["scene"].copy()
    recorder.step(np.array([0.0]))
    assert np.array_equal(kept, after["scene"])


def test_environments_share_no_rows():
    made = task("locomotion/half-cheetah-forward")
    first, second = made.make_env(seed=0), made.make_env(seed=1)
    row = first.reset()[1]["scene"]
    kept = row.copy()
    second.reset()
    second.step(np.ones(6, np.float32))
    assert np.array_equal(kept, row)


@pytest.mark.parametrize(
    ("low", "high", "action", "seen"),
    [(-1, 1, 0.3, 0.3), (-1, 1, 7.0, 1.0), (0, 10, 2.5, -0.5), (-np.inf, np.inf, 7.0, 7.0)],
)
def test_actions_are_normalised_where_bounds_are_finite(low, high, action, seen):
    space = gym.spaces.Box(low, high, (2,))
    assert action_normaliser(space)(np.full(2, action)) == pytest.approx(np.full(2, seen))


def test_discrete_actions_stay_as_they_are():
    assert action_normaliser(gym.spaces.Discrete(4))(3) == 3


def test_slices_say_where_each_field_and_each_half_of_a_pose_stands():
    thing = EntitySpec("T", "", (FieldSpec("pose", "", "pose", (7,)),))
    fields = (FieldSpec("goal", "", "array", (3,)), FieldSpec("all", "", "poses", (2, 7)))
    schema = Schema(EntitySpec("S", "", fields, (PartSpec("thing", thing),)), ActionSpec(1), 0.5)
    assert slices(schema) == {
        "thing.pose": slice(0, 7),
        "thing.pose.p": slice(0, 3),
        "thing.pose.q": slice(3, 7),
        "goal": slice(7, 10),
        "all": slice(10, 24),
    }
