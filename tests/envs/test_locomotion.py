import gymnasium as gym
import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rewardlab.envs.locomotion.ant import SHANKS
from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.locomotion.robots import ANT, HALF_CHEETAH, HOPPER, WALKER
from rewardlab.envs.tasks import task

ROBOTS = {"hopper": HOPPER, "walker": WALKER, "cheetah": HALF_CHEETAH, "ant": ANT}
IDS = [f"locomotion/{behaviour.name}" for behaviour in BEHAVIOURS]


@pytest.fixture
def bench():
    """A robot whose state can be set, stepped by single physics steps and read."""

    class Bench:
        def __init__(self, name, h=None):
            robot = ROBOTS[name]
            self.env = gym.make(robot.env_id, **robot.options).unwrapped
            self.env.reset(seed=0)
            self.schema, self._read = robot.schema, robot.reader(self.env)
            self.model, self.data = self.env.model, self.env.data
            self.h = self.model.opt.timestep = h or self.model.opt.timestep

        def read(self):
            out = np.zeros(self.schema.size)
            self._read(np.zeros(self.env.observation_space.shape), out)
            layout = self.schema.layout
            return lambda path: out[layout[path].start : layout[path].stop]

        def tumble(self, seed=0):
            """Put it high in the air, turning and moving."""
            rng = np.random.default_rng(seed)
            qpos, qvel = self.env.init_qpos.copy(), rng.normal(size=self.model.nv)
            qpos[2 if self.model.nq == 15 else 1] += 3.0
            if self.model.nq == 15:
                qpos[3:7] = rng.normal(size=4)
                qpos[3:7] /= np.linalg.norm(qpos[3:7])
            self.env.set_state(qpos, qvel)

        def step(self):
            mujoco.mj_step(self.model, self.data)

    return Bench


@pytest.mark.parametrize("id", IDS)
def test_members_are_what_the_schema_says(id, roll, check_members):
    made = task(id)
    for _, reward, _, _, info in roll(made.make_env(seed=1), 1000):
        check_members(made.scene, info["scene"])
        assert info["success"] is False
        assert np.isfinite(reward)
        assert info["scene"][made.scene.layout["dt"].start] == made.scene.dt


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=IDS)
def test_reading_the_scene_changes_neither_simulation_nor_reward(behaviour):
    made = task(f"locomotion/{behaviour.name}")
    env = made.make_env(seed=3)
    bare = gym.make(made.env_id, **behaviour.options)
    obs, _ = env.reset()
    theirs, _ = bare.reset(seed=3)
    assert np.array_equal(obs, theirs)
    rng = np.random.default_rng(0)
    for _ in range(30):
        action = rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)
        ours, other = env.step(action), bare.step(action)
        assert np.array_equal(ours[0], other[0])
        assert ours[2:4] == other[2:4]
        if behaviour.oracle is None:
            assert ours[1] == other[1]
        if ours[2]:
            break


@pytest.mark.parametrize("id", IDS)
def test_without_native_reward_only_the_reward_differs(id, roll):
    full, lean = (task(id).make_env(seed=2, native_reward=native) for native in (True, False))
    for (obs, *_), (same, reward, *_) in zip(roll(full, 20), roll(lean, 20), strict=True):
        assert np.array_equal(obs, same)
        assert reward == 0.0


@pytest.mark.parametrize("name", ROBOTS)
def test_velocities_are_rates_of_positions(name, bench):
    robot = bench(name, h=1e-5)
    robot.tumble()
    before = robot.read()
    robot.step()
    after = robot.read()
    top = f"{name}.torso" if name == "ant" else f"{name}.top"
    for axis in "xyz" if name == "ant" else "xz":
        moved = after(f"{top}.position_{axis}") - before(f"{top}.position_{axis}")
        mean = after(f"{top}.velocity_{axis}") + before(f"{top}.velocity_{axis}")
        assert moved / robot.h == pytest.approx(mean / 2, abs=1e-3)
    for path in robot.schema.layout:
        if path.endswith("_joint.angle"):
            rate = path.replace(".angle", ".angular_velocity")
            turned = (after(path) - before(path)) / robot.h
            assert turned == pytest.approx((after(rate) + before(rate)) / 2, abs=0.05), path


@pytest.mark.parametrize("name", ROBOTS)
def test_orientation_agrees_with_itself_and_with_the_simulator(name, bench):
    robot = bench(name)
    robot.tumble(seed=1)
    see = robot.read()
    w, x, y, z = see(f"{name}.torso.quaternion")
    turn = Rotation.from_quat((x, y, z, w))
    mujoco.mj_forward(robot.model, robot.data)
    assert turn.as_matrix() == pytest.approx(robot.data.body("torso").xmat.reshape(3, 3))
    assert see(f"{name}.torso.up_vector") == pytest.approx(turn.apply((0, 0, 1)))
    assert see(f"{name}.torso.forward_vector") == pytest.approx(turn.apply((1, 0, 0)))


def test_the_ants_angular_velocity_is_the_worlds(bench):
    ant = bench("ant", h=1e-5)
    for seed in range(3):
        ant.tumble(seed)
        before = ant.read()
        ant.step()
        after = ant.read()
        spin = [
            (before(f"ant.torso.angular_velocity_{a}") + after(f"ant.torso.angular_velocity_{a}"))
            / 2
            for a in "xyz"
        ]
        spin = np.concatenate(spin)
        for axis in ("up_vector", "forward_vector"):
            first, second = before(f"ant.torso.{axis}"), after(f"ant.torso.{axis}")
            rate = (second - first) / ant.h
            assert rate == pytest.approx(np.cross(spin, (first + second) / 2), abs=1e-3)


@pytest.mark.parametrize("name", ROBOTS)
def test_each_action_turns_the_joint_that_is_named(name, bench):
    robot = bench(name)
    for i, words in enumerate(robot.schema.action.names):
        rates = []
        for torque in (0.0, 1.0):
            robot.tumble()
            robot.data.qvel[:] = 0.0
            robot.data.ctrl[:] = 0.0
            robot.data.ctrl[i] = torque
            robot.step()
            rates.append(robot.read())
        joint, torque = words.removeprefix("torque at ").split(": ")
        gear = robot.model.actuator_gear[i, 0]
        assert torque == f"{gear:g} N m at 1"
        paths = [p for p in robot.schema.layout if p.endswith("_joint.angular_velocity")]
        paths = [p for p in paths if ".top_joint." not in p]
        change = {p: (rates[1](p) - rates[0](p)).item() for p in paths}
        most = max(change, key=lambda path: abs(change[path]))
        assert most == f"{name}.{joint}.angular_velocity"
        assert change[most] > 0


def test_the_ants_action_order_is_the_models():
    assert [name.split()[2].rstrip(":") for name in ANT.schema.action.names] == [
        f"{leg}_{joint}_joint"
        for leg in ("back_right", "front_left", "front_right", "back_left")
        for joint in ("leg", "ankle")
    ]


def test_the_ants_feet_are_the_far_ends_of_its_shanks(bench):
    ant = bench("ant")
    ant.tumble(seed=2)
    see = ant.read()
    mujoco.mj_forward(ant.model, ant.data)
    for leg, name in zip(
        ("front_left", "front_right", "back_left", "back_right"), SHANKS, strict=True
    ):
        geom = ant.data.geom(name)
        along = geom.xmat.reshape(3, 3)[:, 2] * ant.model.geom(name).size[1]
        foot = np.concatenate([see(f"ant.{leg}_foot.position_{axis}") for axis in "xyz"])
        ends = [geom.xpos + along, geom.xpos - along]
        assert min(np.linalg.norm(foot - end) for end in ends) < 1e-9
        torso = ant.data.body("torso").xpos
        assert np.linalg.norm(foot - torso) > np.linalg.norm(geom.xpos - torso)


def test_the_ants_legs_are_where_the_description_says(bench):
    ant = bench("ant")
    see = ant.read()
    signs = {"front_left": (1, 1), "front_right": (-1, 1), "back_left": (-1, -1)}
    for leg, sign in {**signs, "back_right": (1, -1)}.items():
        foot = [see(f"ant.{leg}_foot.position_{axis}").item() for axis in "xy"]
        assert tuple(np.sign(foot)) == sign


def test_pitch_is_not_wrapped(bench):
    hopper = bench("hopper")
    qpos = hopper.env.init_qpos.copy()
    qpos[2] = 7.5
    hopper.env.set_state(qpos, hopper.env.init_qvel)
    assert hopper.read()("hopper.top_joint.angle") == 7.5


def test_pitching_forward_is_positive(bench):
    hopper = bench("hopper")
    qpos = hopper.env.init_qpos.copy()
    qpos[2] = 0.5
    hopper.env.set_state(qpos, hopper.env.init_qvel)
    assert hopper.read()("hopper.torso.up_vector")[0] > 0


@pytest.mark.parametrize(("name", "height"), [("hopper", 1.25), ("walker", 1.25), ("cheetah", 0.7)])
def test_height_is_above_the_floor(name, height, bench):
    robot = bench(name)
    robot.env.set_state(robot.env.init_qpos, robot.env.init_qvel)
    see = robot.read()
    assert see(f"{name}.top.position_z") == pytest.approx(height)
    assert robot.data.body("torso").xpos[2] == pytest.approx(height)


@pytest.mark.parametrize(
    ("name", "feet"),
    [
        ("hopper", ["foot"]),
        ("walker", ["foot", "foot_left"]),
        ("cheetah", ["back_foot", "front_foot"]),
        ("ant", [f"{end}_{side}_foot" for end in ("front", "back") for side in ("left", "right")]),
    ],
)
def test_contacts_of_feet_and_torso(name, feet, bench):
    robot = bench(name)
    torso = f"{name}.torso.in_contact" if name == "ant" else f"{name}.torso_in_contact"
    robot.tumble()
    robot.step()
    see = robot.read()
    assert not any(see(f"{name}.{foot}.in_contact") for foot in feet)
    assert not see(torso)
    robot.env.set_state(robot.env.init_qpos, robot.env.init_qvel)
    touched = set()
    for _ in range(150):
        robot.step()
        see = robot.read()
        touched |= {foot for foot in feet if see(f"{name}.{foot}.in_contact")}
    assert touched == set(feet)
    qpos = robot.env.init_qpos.copy()  # on its back, from where it falls on its torso
    if name == "ant":
        qpos[2:7] = (0.3, 0.0, 1.0, 0.0, 0.0)
    else:
        qpos[1] -= 0.5 if name == "cheetah" else 1.0
        qpos[2] = np.pi if name == "cheetah" else np.pi / 2
    robot.env.set_state(qpos, robot.env.init_qvel)
    touching = False
    for _ in range(100):
        robot.step()
        touching |= bool(robot.read()(torso))
    assert touching


@pytest.mark.parametrize("id", IDS)
def test_a_random_policy_does_not_succeed(id):
    """A few episodes only: `benchmarks/behaviours.py` runs a hundred of each."""
    env = task(id).make_env(seed=0, native_reward=False)
    rng = np.random.default_rng(0)
    for _ in range(4):
        env.reset()
        done = False
        while not done:
            action = rng.uniform(-1, 1, env.action_space.shape).astype(np.float32)
            _, _, terminated, truncated, info = env.step(action)
            assert not info["success"]
            done = terminated or truncated


@pytest.mark.parametrize("name", ["hopper-front-flip", "ant-lie-down", "ant-wave-leg"])
def test_a_fall_does_not_end_a_behaviour_in_which_one_may_fall(name, roll):
    made = task(f"locomotion/{name}")
    steps = roll(made.make_env(seed=0, native_reward=False), made.horizon)
    assert [terminated for _, _, terminated, _, _ in steps] == [False] * (made.horizon + 1)
    assert [truncated for *_, truncated, _ in steps].index(True) == made.horizon
    assert "never ends early" in made.describe()


@pytest.mark.parametrize("name", ["hopper-forward", "ant-forward", "walker2d-forward"])
def test_the_description_says_when_a_fall_ends_the_episode(name):
    assert "The episode ends when the torso" in task(f"locomotion/{name}").describe()


def test_it_is_said_whose_goal_sentence_it_is():
    ours = {id for id in IDS if "The goal sentence is our own" in task(id).describe()}
    assert set(IDS) - ours == {"locomotion/ant-lie-down"}
    assert task("locomotion/ant-lie-down").goal == "Control the Ant to lie down."


def test_it_is_said_whose_dense_reward_the_oracle_is():
    own = {id for id in IDS if task(id).oracle.startswith("our own")}
    assert {id.removeprefix("locomotion/") for id in own} == {
        "hopper-front-flip",
        "hopper-back-flip",
        "ant-lie-down",
        "ant-wave-leg",
    }
    assert task("locomotion/hopper-forward").oracle == "the reward of Hopper-v5"


def test_the_facts_of_an_episode_start_anew(roll):
    env = task("locomotion/ant-lie-down", horizon=60, max_height=2.0, max_speed=9.0, min_up=-1.0)
    env = env.make_env(seed=0)
    for _ in range(2):
        _, info = env.reset()
        assert info["success"] is False
        for _ in range(60):
            assert "facts" not in info
            *_, info = env.step(np.zeros(8, np.float32))
        assert info["facts"]["lying_seconds"] == pytest.approx(3.0)
        assert info["success"] is True


@pytest.mark.parametrize(("robot", "part"), [("hopper", "leg_geom"), ("cheetah", "fshin")])
def test_any_part_on_the_floor_is_contact(robot, part, bench):
    """Neither foot nor torso touches, and yet it does not fly."""
    body = bench(robot)
    rng = np.random.default_rng(0)
    model, data = body.model, body.data
    seen = set()
    for _ in range(400):
        qpos = rng.uniform(-2.5, 2.5, model.nq)
        qpos[1] += 0.5
        body.env.set_state(qpos, np.zeros(model.nv))
        see, floor = body.read(), model.geom("floor").id
        pairs = data.contact.geom[: data.ncon].tolist()
        touching = {model.geom(sum(p) - floor).name for p in pairs if floor in p}
        assert bool(see(f"{robot}.in_contact")) == bool(touching)
        seen |= touching
    assert part in seen


@pytest.mark.parametrize("id", IDS)
def test_a_seed_fixes_the_sequence_of_episodes(id, roll):
    first = [obs for obs, *_ in roll(task(id, horizon=30).make_env(seed=1), 70)]
    again = [obs for obs, *_ in roll(task(id, horizon=30).make_env(seed=1), 70)]
    other = [obs for obs, *_ in roll(task(id, horizon=30).make_env(seed=2), 70)]
    assert np.array_equal(first, again)
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("name", ["hopper-forward", "ant-forward", "walker2d-forward"])
def test_the_oracle_of_a_forward_task_pays_speed_more_than_chance(name):
    env = task(f"locomotion/{name}").make_env(seed=0)
    rng = np.random.default_rng(0)
    env.reset()
    chance = [env.step(rng.uniform(-1, 1, env.action_space.shape))[1] for _ in range(10)]
    paid = []
    for speed in (-1.0, 0.0, 1.0, 2.0):
        env.reset(seed=1)
        data = env.unwrapped.data
        qvel = data.qvel.copy()
        qvel[0] = speed
        env.unwrapped.set_state(data.qpos.copy(), qvel)
        paid.append(env.step(np.zeros(env.action_space.shape, np.float32))[1])
    assert paid == sorted(paid)
    assert paid[-1] > max(chance)
    env.close()
