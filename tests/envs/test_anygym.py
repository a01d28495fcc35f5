import keyword
import sys
from pathlib import Path

import gymnasium as gym
import mujoco
import numpy as np
import pytest
from gymnasium.envs.mujoco import MujocoEnv

from rewardlab.envs.anygym.model import derive
from rewardlab.envs.anygym.names import identifiers
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError, UnknownName, UsageError

MODEL = """
<mujoco>
  <option timestep="0.01"/>
  <worldbody>
    <geom name="floor" type="plane" size="5 5 .1"/>
    <body name="box/1" pos="0 0 1">
      <freejoint/>
      <geom type="box" size=".1 .2 .3"/>
      <site name="tip" pos="0 0 .3"/>
      <body pos="0 0 .5">
        <joint name="class" type="ball"/>
        <geom type="capsule" size=".05 .2"/>
      </body>
    </body>
    <body name="cart" pos="2 0 1">
      <joint name="rail" type="slide" axis="1 0 0" range="-1 1" limited="true"/>
      <geom type="sphere" size=".1"/>
      <body name="pole" pos="0 0 .1">
        <joint name="hinge" type="hinge" axis="0 1 0"/>
        <geom type="capsule" size=".04 .3" pos="0 0 .3"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="rail" ctrlrange="-2 2" ctrllimited="true" gear="3"/></actuator>
  <sensor>
    <touch name="bump" site="tip"/>
    <accelerometer name="imu" site="tip"/>
  </sensor>
</mujoco>
"""


class Toy(MujocoEnv):
    metadata = {  # noqa: RUF012
        "render_modes": ["human", "rgb_array", "depth_array", "rgbd_tuple"],
        "render_fps": 50,
    }

    def __init__(self, path, **kwargs):
        space = gym.spaces.Box(-np.inf, np.inf, (4,), np.float64)
        super().__init__(path, 2, observation_space=space, **kwargs)

    def _look(self):
        return self.data.qpos[-2:].repeat(2)

    def step(self, action):
        self.do_simulation(action, self.frame_skip)
        return self._look(), 1.0, False, False, {}

    def reset_model(self):
        rng = self.np_random
        self.set_state(
            self.init_qpos + rng.uniform(-0.1, 0.1, self.model.nq),
            self.init_qvel + rng.normal(size=self.model.nv),
        )
        return self._look()


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.xml"
    path.write_text(MODEL)
    gym.register("Toy-v0", Toy, max_episode_steps=40, kwargs={"path": str(path)})
    yield "gym/Toy-v0"
    gym.registry.pop("Toy-v0")


def test_the_scene_of_a_model_has_its_elements_by_name(toy):
    made = task(toy)
    paths = made.scene.layout
    assert {path.rpartition(".")[0] for path in paths if path != "obs"} == {
        *(f"bodies.{name}" for name in ("box_1", "body_1", "cart", "pole")),
        *(f"joints.{name}" for name in ("joint_0", "class_", "rail", "hinge")),
        "sites.tip",
        "actuators.rail",
        "sensors",
    }
    assert paths["joints.joint_0.position"].field.shape == (3,)
    assert paths["joints.class_.quaternion"].field.shape == (4,)
    assert paths["joints.rail.position"].field.unit == "m"
    assert paths["joints.hinge.angle"].field.unit == "rad"
    assert paths["sensors.bump"].field.shape == ()
    assert paths["sensors.imu"].field.shape == (3,)
    assert (made.scene.dt, made.horizon, made.success) == (0.02, 40, None)
    assert made.scene.action.names == ("rail: control in [-2, 2]",)
    assert "rail: SlideJoint  # in [-1, 1]" in made.describe()


def test_what_is_read_is_what_the_simulator_computes(toy, roll, get, check_members):
    made = task(toy)
    env = made.make_env(seed=0)
    scene = made.scene
    for obs, *_, info in roll(env, 30):
        row = info["scene"]
        check_members(scene, row)
        assert np.array_equal(get(scene, row, "obs"), obs)
    model, data = env.unwrapped.model, env.unwrapped.data
    assert get(scene, row, "actuators.rail.control") == data.ctrl[0]
    assert np.array_equal(get(scene, row, "sensors.imu"), data.sensordata[1:])
    mujoco.mj_forward(model, data)
    for i, name in enumerate(("box_1", "body_1", "cart", "pole"), start=1):
        velocity = np.zeros(6)
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, i, velocity, 0)
        assert get(scene, row, f"bodies.{name}.position") == pytest.approx(data.xpos[i])
        assert get(scene, row, f"bodies.{name}.quaternion") == pytest.approx(data.xquat[i])
        assert get(scene, row, f"bodies.{name}.velocity") == pytest.approx(velocity[3:])
        assert get(scene, row, f"bodies.{name}.angular_velocity") == pytest.approx(velocity[:3])
    for path in ("position", "velocity", "angular_velocity", "quaternion"):
        free, body = (get(scene, row, f"{of}.{path}") for of in ("joints.joint_0", "bodies.box_1"))
        assert free == pytest.approx(body), path
    relative = get(scene, row, "bodies.body_1.angular_velocity") - get(
        scene, row, "bodies.box_1.angular_velocity"
    )
    assert get(scene, row, "joints.class_.angular_velocity") == pytest.approx(relative)
    assert get(scene, row, "joints.rail.position") == data.joint("rail").qpos[0]
    assert get(scene, row, "joints.hinge.angular_velocity") == data.joint("hinge").qvel[0]
    assert get(scene, row, "sites.tip.position") == pytest.approx(data.site("tip").xpos)


def test_reading_changes_nothing(toy):
    env, bare = task(toy).make_env(seed=1), gym.make("Toy-v0")
    obs, _ = env.reset()
    assert np.array_equal(obs, bare.reset(seed=1)[0])
    for _ in range(20):
        assert np.array_equal(env.step(np.ones(1))[0], bare.step(np.ones(1))[0])


def test_actions_reach_programs_normalised(toy):
    env = task(toy).make_env(seed=1)
    env.reset()
    assert env.step(np.array([1.0]))[4]["scene"][-1] == 0.5
    assert env.step(np.array([-9.0]))[4]["scene"][-1] == -1.0


@pytest.mark.parametrize("id", ["Humanoid-v5", "Ant-v5", "Pusher-v5", "InvertedDoublePendulum-v5"])
def test_gymnasiums_own_models(id, roll, check_members):
    made = task(f"gym/{id}")
    for *_, info in roll(made.make_env(seed=0), 20):
        check_members(made.scene, info["scene"])
        assert "success" not in info
    assert "no success signal" in made.describe()
    assert made.goal == ""


def test_identifiers_are_distinct_and_usable():
    names = ["a/b", "a b", "", "3d", "class", "_x", "ok", "ok"]
    found = identifiers(names, "site")
    assert len(set(found)) == len(names)
    assert found[:5] == ["a_b", "a_b_1", "site_2", "site_3d", "class_"]
    assert all(n.isidentifier() and not keyword.iskeyword(n) and n[0] != "_" for n in found)


def test_an_empty_model_has_no_empty_groups():
    model = mujoco.MjModel.from_xml_string("<mujoco/>")
    assert derive(model).groups == ()


CARTPOLE = """
goal: Keep the pole upright.
fields:
  cart_position: {index: 0, unit: m, doc: position of the cart, low: -4.8, high: 4.8}
  pole_angle: {index: 2, unit: rad}
  rates: {index: [1, 3], doc: both velocities}
success: abs(self.pole_angle) < 0.1 and self.time > 0.05
horizon: 30
"""


@pytest.fixture
def write(tmp_path):
    def file(text):
        path = tmp_path / "task.yaml"
        path.write_text(text)
        return path

    return file


def test_a_file_names_entries_of_the_observation(write, get):
    made = task("gym/CartPole-v1", config=write(CARTPOLE))
    assert made.goal == "Keep the pole upright."
    assert made.horizon == 30
    assert made.scene.dt == 0.02
    assert made.scene.action.discrete == 2
    env = made.make_env(seed=0)
    env.reset()
    obs, _, _, _, info = env.step(1)
    row = info["scene"]
    assert row.shape == (made.scene.row_size,)
    assert get(made.scene, row, "cart_position") == np.float64(obs[0])
    assert get(made.scene, row, "rates") == pytest.approx([obs[1], obs[3]])
    assert get(made.scene, row, "obs") == pytest.approx(obs)
    assert row[-1] == 1
    text = made.describe()
    assert "cart_position: float  # [m] in [-4.8, 4.8] position of the cart" in text
    assert "action: int  # 0 to 1" in text


def test_the_predicate_becomes_a_program(write):
    made = task("gym/CartPole-v1", config=str(write(CARTPOLE)))
    assert "pole_angle" in made.success
    assert "pole_angle" in made.success_program.source
    assert made.success_program.task_id == made.id
    assert task("gym/CartPole-v1").success_program is None


def test_a_task_from_a_file_is_built_again_without_the_file(write):
    path = write(CARTPOLE)
    made = task("gym/CartPole-v1", config=path, horizon=20)
    Path(path).unlink()
    again = task(made.id, **made.options)
    assert (again.goal, again.horizon, again.scene.hash) == (made.goal, 20, made.scene.hash)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("goal: x\nfields: {a: [\n", "line 3"),
        ("- goal", "expected 'key: value' lines"),
        ("gaol: x", "did you mean 'goal'"),
        ("goal: 3", "goal must be text"),
        ("horizon: 0", "at least 1"),
        ("fields: [a]", "fields must be"),
        ("fields: {a: 1}", "expected e.g."),
        ("fields: {a: {index: 4}}", "entries 0 to 3"),
        ("fields: {a: {index: []}}", "entries 0 to 3"),
        ("fields: {a: {index: true}}", "entries 0 to 3"),
        ("fields: {a: {index: 0, units: m}}", "did you mean 'unit'"),
        ("fields: {a: {index: 0, low: x}}", "low must be a number"),
        ("fields: {_a: {index: 0}}", "not usable as a name"),
        ("fields: {time: {index: 0}}", "not usable as a name"),
        ("fields: {class: {index: 0}}", "not usable as a name"),
        ("success: abs(self.nothing) < 1", "nothing"),
        ("success: 'import os'", "success predicate"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(text, message, write):
    with pytest.raises(ConfigError, match=message) as caught:
        task("gym/CartPole-v1", config=write(text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said():
    with pytest.raises(ConfigError, match=r"cannot read '/nowhere\.yaml'"):
        task("gym/CartPole-v1", config="/nowhere.yaml")


@pytest.mark.parametrize(("id", "close"), [("CartPol-v1", "CartPole-v1"), ("Ant-v99", "Ant-v5")])
def test_an_unknown_environment_names_the_closest(id, close):
    with pytest.raises(UnknownName, match=f"gym/{close}"):
        task(f"gym/{id}")


def test_a_module_that_cannot_be_imported_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    Path("broken_lab.py").write_text("1 / 0")
    with pytest.raises(UsageError, match=r"'nowhere' \(.*\); call from the folder that holds it"):
        task("gym/nowhere:Foo-v0")
    with pytest.raises(UsageError, match=r"cannot import 'broken_lab' \(ZeroDivisionError"):
        task("gym/broken_lab:Foo-v0")


def test_a_module_is_found_in_the_folder_of_the_call(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    Path("my_lab.py").write_text(
        "import gymnasium as gym\n"
        "entry = 'gymnasium.envs.classic_control:PendulumEnv'\n"
        "gym.register('MyLab-v0', entry_point=entry)\n"
    )
    assert task("gym/my_lab:MyLab-v0").id == "gym/my_lab:MyLab-v0"


class Odd(gym.Env):
    def __init__(self, observation_space, action_space=None):
        self.observation_space = observation_space
        self.action_space = action_space or gym.spaces.Discrete(2, start=3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 1.0, False, False, {}


BOX = gym.spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("spaces", "message"),
    [
        ((gym.spaces.Dict({"a": BOX}),), "observes a Dict"),
        ((gym.spaces.Discrete(3),), "observes a Discrete"),
        ((gym.spaces.Box(0, 255, (8, 8, 3), np.uint8),), "observes images"),
        ((BOX, gym.spaces.MultiDiscrete([2, 2])), "acts in a MultiDiscrete"),
    ],
)
def test_spaces_that_are_not_supported_are_said(spaces, message):
    gym.register("Odd-v0", lambda: Odd(*spaces))
    try:
        with pytest.raises(UsageError, match=message):
            task("gym/Odd-v0")
    finally:
        gym.registry.pop("Odd-v0")


def test_an_environment_of_unknown_pace_counts_steps():
    gym.register("Odd-v0", lambda: Odd(BOX))
    try:
        made = task("gym/Odd-v0")
        assert made.horizon == 1000
        assert any("time counts steps" in tip for tip in made.tips)
        env = made.make_env(seed=0, native_reward=False)
        env.reset()
        _, reward, _, _, info = env.step(4)
        assert reward == 0.0
        assert info["scene"][3 * made.scene.size :].tolist() == [1.0, 4.0]
    finally:
        gym.registry.pop("Odd-v0")


def test_an_environment_that_fails_to_build_is_said():
    def broken():
        raise RuntimeError("no licence")

    gym.register("Broken-v0", broken)
    try:
        with pytest.raises(UsageError, match="RuntimeError: no licence"):
            task("gym/Broken-v0")
    finally:
        gym.registry.pop("Broken-v0")
