"""The kitchen's subtasks: what is recorded is what the simulator does; success is its own."""

import numpy as np
import pytest

pytest.importorskip("gymnasium_robotics", reason="the extra rewardlab[robotics] is not installed")

from rewardlab.design.generate import generate
from rewardlab.design.validate import validate
from rewardlab.envs.kitchen.table import TASKS
from rewardlab.envs.robotics import load
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.runner import RewardRunner

SUITE = "kitchen"
PROGRAM = """
def compute_dense_reward(self, action):
    thing = self.{member}
    reach = 1.0 / (1.0 + 5.0 * np.linalg.norm(self.robot.ee_pose.p - thing.handle.pose.p))
    whole = np.linalg.norm(thing.target_qpos - self.initial.{member}.qpos) + 0.01
    done = clip_and_normalize(whole - np.linalg.norm(thing.target_qpos - thing.qpos), 0.0, whole)
    held = self.robot.check_grasp(thing.handle, max_angle=30)
    still = thing.handle.check_static()
    joint = abs(thing.handle.qpos - thing.handle.target_qpos) / whole
    terms = {{
        "reach": float(2.0 * reach),
        "held": 0.5 * held + 0.1 * (not still),
        "done": float(4.0 * done - 0.1 * joint),
        "effort": float(-0.01 * np.sum(np.square(action))),
    }}
    return sum(terms.values()), terms
"""
KETTLE = """
def compute_dense_reward(self, action):
    handle = self.kettle.pose.p + np.array([0.0, 0.0, 0.26])
    reach = 1.0 / (1.0 + 5.0 * np.linalg.norm(self.robot.ee_pose.p - handle))
    left = np.linalg.norm(self.kettle.pose.p - self.goal_position)
    held = 0.5 * self.robot.check_grasp(self.kettle)
    return 2.0 * reach + held + 4.0 * (1.0 - np.tanh(3.0 * left)) - 0.01 * np.sum(action**2)
"""


def halfway(name, env, part):
    """Put what is to be moved at a part of its way."""
    row, data = TASKS[name], env.unwrapped.data
    first, last = row.joints
    joints = slice(first, last + 1)
    data.qpos[joints] += part * (np.array(row.target) - data.qpos[joints])
    data.qvel[9:] = 0.0


@pytest.mark.parametrize("name", TASKS)
def test_the_scene_is_what_the_simulator_does(name, roll, check_members, live, reused):
    env, row = reused(name, seed=4), TASKS[name]
    model, data = env.unwrapped.model, env.unwrapped.data
    for obs, reward, terminated, _, info in roll(env, 10):
        check_members(task(f"kitchen/{name}").scene, info["scene"])
        scene = live(name, info["scene"])
        assert env.observation_space.contains(obs)
        assert np.array_equal(scene.obs, obs)
        assert not terminated
        assert 0.0 <= reward <= 6.0
        assert scene.robot.qpos == pytest.approx(obs[:7], abs=2e-3)  # theirs is noisy
        assert scene.robot.qvel == pytest.approx(obs[9:16], abs=2e-3)
    assert np.array_equal(scene.robot.ee_pose.p, data.site("end_effector").xpos)
    axes = scene.robot.ee_pose.to_transformation_matrix()[:3, :3]
    left, right = (data.body(f"panda0_{side}finger").xpos for side in ("left", "right"))
    opened = data.qpos[7] + data.qpos[8]
    assert axes[:, 1] @ (left - right) == pytest.approx(opened, abs=2e-3)
    assert axes[:, 2] @ (data.site("end_effector").xpos - left) > 0.03  # z is where it points
    assert scene.robot.gripper_openness == pytest.approx(np.clip(opened / 0.08, 0, 1), abs=1e-9)
    if name == "kettle":
        assert scene.kettle.pose.p == pytest.approx(data.qpos[23:26], abs=1e-3)
        assert scene.kettle.pose.q == pytest.approx(data.qpos[26:30], abs=1e-3)
        assert [*scene.goal_position, *scene.goal_quaternion] == list(row.target)
        return
    thing, joints = getattr(scene, row.member), slice(row.joints[0], row.joints[1] + 1)
    assert np.array_equal(thing.qpos, data.qpos[joints])
    assert np.array_equal(thing.qvel, data.qvel[joints])
    assert np.array_equal(thing.target_qpos, row.target)
    sign = np.sign(row.target[row.moved])  # published programs take for granted that qpos grows
    assert thing.handle.qpos == sign * thing.qpos[row.moved]
    assert thing.handle.qvel == sign * thing.qvel[row.moved]
    assert thing.handle.target_qpos == abs(row.target[row.moved])
    assert np.array_equal(thing.handle.pose.p, data.site(row.place).xpos)
    turned = thing.handle.pose.to_transformation_matrix()[:3, :3]
    assert turned == pytest.approx(data.site(row.place).xmat.reshape(3, 3), abs=1e-6)
    # the handle hangs on the joint: it moves where the joint does
    before = thing.handle.pose.p.copy()
    halfway(name, env, 0.5)
    after = live(name, env.step(np.zeros(9))[4]["scene"])
    moved = getattr(after, row.member).handle
    assert abs(moved.qpos - moved.target_qpos) < abs(thing.handle.qpos - moved.target_qpos)
    if "burner" not in name:
        assert np.linalg.norm(moved.pose.p - before) > 0.02
    assert model.site(row.place).bodyid[0] > 0


@pytest.mark.parametrize("name", TASKS)
def test_their_goals_and_indices_are_the_installed_ones(name):
    row, module = TASKS[name], load("franka_kitchen", "kitchen_env")
    first, last = row.joints
    assert list(module.OBS_ELEMENT_INDICES[row.name]) == list(range(first, last + 1))
    assert tuple(module.OBS_ELEMENT_GOALS[row.name]) == row.target
    assert module.BONUS_THRESH == 0.3
    assert len(TASKS) == len(module.OBS_ELEMENT_GOALS)


@pytest.mark.parametrize("name", TASKS)
def test_success_is_the_environments_own_and_comes_with_the_move(name, reused):
    env, row = reused(name, seed=1), TASKS[name]
    env.reset()
    *_, info = env.step(np.zeros(9))
    assert info["success"] is False
    start = env.step(np.zeros(9))[1]
    halfway(name, env, 1.0)
    _, reward, terminated, truncated, info = env.step(np.zeros(9))
    first, last = row.joints
    left = np.linalg.norm(env.unwrapped.data.qpos[first : last + 1] - row.target)
    assert info["success"] is True
    assert left < 0.3
    assert (terminated, truncated) == (False, False)
    assert reward == 6.0 > start
    data = env.unwrapped.data
    data.qpos[first : last + 1] = 0.0 if name != "kettle" else (-0.27, 0.35, 1.62, 1, 0, 0, 0)
    data.qvel[9:] = 0.0
    assert env.step(np.zeros(9))[4]["success"] is False  # and it is lost again


@pytest.mark.parametrize("name", TASKS)
def test_chance_solves_nothing_and_half_the_way_pays(name, roll, reused):
    env = reused(name, seed=3)
    met = roll(env, 40)
    assert not any(step[4].get("success") for step in met)
    env.reset()
    start = env.step(np.zeros(9))[1]
    halfway(name, env, 0.3)
    assert env.step(np.zeros(9))[1] > start + 0.5
    assert start > 0.0


def test_a_seed_fixes_everything_pictures_or_not():
    made = task("kitchen/microwave")
    one, drawn = made.make_env(seed=3), made.make_env(seed=3, render_mode="rgb_array")
    rng, first, again = np.random.default_rng(0), one.reset(), drawn.reset()
    assert np.array_equal(first[0], again[0])
    for _ in range(5):
        action = rng.uniform(-1, 1, 9)
        left, right = one.step(action), drawn.step(action)
        picture = drawn.render()
        assert np.array_equal(left[4]["scene"], right[4]["scene"])
        assert left[1] == right[1]
    drawn.close()
    assert picture.shape == (480, 480, 3)
    assert picture.std() > 20
    assert not np.array_equal(one.reset()[0], first[0])  # the noise
    assert np.array_equal(one.reset(seed=3)[1]["scene"], first[1]["scene"])


def test_an_action_turns_a_joint_as_described(reused):
    env = reused("microwave", seed=0)
    for joint in (0, 2, 4, 6):
        for sign in (-1.0, 1.0):
            env.reset()
            action, before = np.zeros(9), env.unwrapped.data.qpos[joint]
            action[joint] = sign
            for _ in range(4):
                env.step(action)
            moved = sign * (env.unwrapped.data.qpos[joint] - before) / 4
            assert 0.3 * 0.16 - 0.02 < moved < 0.16


@pytest.mark.parametrize("name", ["microwave", "kettle"])
def test_a_program_runs_and_is_valid(name, roll, reused):
    made, row = task(f"kitchen/{name}"), TASKS[name]
    source = KETTLE if name == "kettle" else PROGRAM.format(member=row.member)
    program = RewardProgram(source, made.id, made.goal)
    verdict = validate(program, made)
    assert verdict.ok
    assert not verdict.findings
    env = reused(name, seed=2)
    rows = [step[4]["scene"] for step in roll(env, 190)]
    env.reset()
    for _ in range(10):
        halfway(name, env, 0.1)
        rows.append(env.step(np.zeros(9))[4]["scene"])
    with RewardRunner(program, made.scene) as runner:
        rewards = runner.evaluate(np.array(rows)).reward
    assert np.isfinite(rewards).all()
    assert rewards[-1] > rewards[0] + 0.3


@pytest.mark.parametrize("name", TASKS)
def test_what_the_composer_writes_is_valid_and_pays_for_the_way(name, reused):
    made = task(f"kitchen/{name}")
    (program,) = generate(made, coder="offline")
    env, rows = reused(name, seed=2), []
    env.reset()
    for part in (0.0, 0.5, 0.98):
        halfway(name, env, part)
        rows.append(env.step(np.zeros(9))[4]["scene"])
    with RewardRunner(program, made.scene) as runner:
        rewards = runner.evaluate(np.array(rows)).reward
    assert rewards[0] + 0.5 < rewards[1] < rewards[2] - 0.5


def test_a_coder_reads_what_the_microwave_task_has():
    text = task("kitchen/microwave").describe()
    assert "microwave: Fixture  # the microwave" in text
    assert "handle: Handle  # its handle" in text
    assert "target_qpos: float  # [rad] always 0.75: qpos that is asked for" in text
    assert "Solved when: norm of microwave.qpos - microwave.target_qpos less than 0.3." in text
    assert "action[0]: turns joint 1 of the arm: asks for 2 rad/s at 1" in text
    assert "The goal sentence is our own" in text
    burner = task("kitchen/bottom-burner").describe()
    assert "qpos: np.ndarray  # (2,) [rad, then m] positions of its joints" in burner


@pytest.mark.parametrize("horizon", [0, -5, 2.5, "long"])
def test_a_horizon_that_is_no_number_of_steps_is_refused(horizon):
    with pytest.raises(ConfigError, match="give a number of steps, at least 1"):
        task("kitchen/kettle", horizon=horizon)


def test_theirs_is_the_default_horizon():
    assert task("kitchen/kettle").horizon == 280
    assert task("kitchen/kettle", horizon=7).options == {"horizon": 7}
