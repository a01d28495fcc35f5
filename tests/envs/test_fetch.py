"""The Fetch tasks: what is recorded is what the simulator does, and hands can solve them."""

import subprocess
import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest
import yaml

import rewardlab
from rewardlab.design.validate import validate
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.runner import RewardRunner

pytest.importorskip("gymnasium_robotics", reason="the extra rewardlab[robotics] is not installed")

SUITE = "fetch"
NAMES = ("reach", "push", "slide", "pick-and-place")
BLOCKS = NAMES[1:]
LIBRARY = Path(rewardlab.__file__).parent / "prompts/library/fetch"


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_is_what_the_environment_observes(name, roll, check_members, live, play, reused):
    env, schema = reused(name, seed=4), task(f"fetch/{name}").scene
    met = [*roll(env, 30), *play(name, env, 30)]
    data, model = env.unwrapped.data, env.unwrapped.model
    for obs, reward, terminated, _, info in met:
        check_members(schema, info["scene"])
        scene = live(name, info["scene"])
        assert env.observation_space.contains(obs)
        assert not terminated
        assert np.array_equal(scene.obs, obs)
        assert np.array_equal(scene.robot.ee_pose.p, obs[:3])
        assert np.array_equal(scene.goal_position, obs[-3:])
        assert reward <= 0.0
        if name != "reach":
            assert np.array_equal(scene.cubeA.pose.p, obs[3:6])
            hand_velocity = obs[20:23]  # theirs are relative to the hand, and per step
            assert scene.cubeA.velocity * 0.04 == pytest.approx(obs[14:17] + hand_velocity)
            assert scene.cubeA.angular_velocity * 0.04 == pytest.approx(obs[17:20])
    axes = data.body("robot0:gripper_link").xmat.reshape(3, 3)
    seen = scene.robot.ee_pose.to_transformation_matrix()[:3, :3]
    left, right = (data.body(f"robot0:{s}_gripper_finger_link").xpos for s in "lr")
    assert seen[:, 2] == pytest.approx(axes[:, 0])
    assert seen[2, 2] < -0.95  # the hand points down
    assert seen[:, 1] @ (left - right) > 0.03  # y is where the left finger opens
    for side, opening in (("l", 1), ("r", -1)):
        finger = getattr(scene.robot, f"{side}finger")
        assert finger.pose.p == pytest.approx(data.body(f"robot0:{side}_gripper_finger_link").xpos)
        turned = finger.pose.to_transformation_matrix()[:3, :3]
        assert turned[:, 1] == pytest.approx(opening * seen[:, 1])
        geom = model.geom(f"robot0:{side}_gripper_finger_link").id
        local = (finger.get_world_pcd() - data.geom_xpos[geom]) @ data.geom_xmat[geom].reshape(3, 3)
        depth = (np.abs(local) / model.geom_size[geom]).max(axis=1)
        assert depth == pytest.approx(np.ones(256), abs=1e-4)
    joint = model.joint("robot0:shoulder_pan_joint")
    assert scene.robot.qpos[0] == data.qpos[joint.qposadr[0]]
    assert scene.robot.qvel[0] == data.qvel[joint.dofadr[0]]


@pytest.mark.parametrize(("name", "least"), [("reach", 10), ("push", 9), ("pick-and-place", 9)])
def test_a_scripted_policy_solves_it_and_it_stays_solved(name, least, play, reused):
    env = reused(name, seed=100)
    solved = [[info["success"] for *_, info in play(name, env)] for _ in range(10)]
    assert sum(s[-1] for s in solved) >= least
    assert not all(s[0] for s in solved)


def test_a_puck_can_be_hit_to_the_goal(play, reused):
    env = reused("slide", seed=0)
    solved = [any(info["success"] for *_, info in play("slide", env)) for _ in range(12)]
    assert sum(solved) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_success_is_the_stated_rule(name, live, play, reused):
    seen, env = set(), reused(name, seed=0)
    for _ in range(6):
        for *_, info in play(name, env):
            scene = live(name, info["scene"])
            thing = scene.robot.ee_pose if name == "reach" else scene.cubeA.pose
            near = np.linalg.norm(thing.p - scene.goal_position) < 0.05
            assert info["success"] is bool(near)
            seen.add(info["success"])
    assert seen == {True, False}


@pytest.mark.parametrize("name", NAMES)
def test_chance_solves_little_and_the_oracle_prefers_the_solution(name, roll, play, reused):
    env = reused(name, seed=2)
    scripted_return = sum(reward for _ in range(4) for _, reward, *_ in play(name, env))
    met = roll(env, 200)
    chance = sum(step[1] for step in met)
    assert scripted_return > chance
    assert sum(step[4].get("success", False) for step in met) < 100


def test_a_grasp_is_felt_as_mujoco_computes_it(live, play, reused):
    env, felt = reused("pick-and-place", seed=5), []
    model, data = env.unwrapped.model, env.unwrapped.data
    start = task("fetch/pick-and-place").scene.layout["cubeA._grasp"].start
    block = model.body("object0").id
    for *_, info in play("pick-and-place", env, 40):
        grasp = info["scene"][start : start + 4]
        for i, side in enumerate("lr"):
            finger = model.body(f"robot0:{side}_gripper_finger_link").id
            force, wrench = np.zeros(3), np.zeros(6)
            for k in range(data.ncon):
                bodies = model.geom_bodyid[data.contact.geom[k]]
                if set(bodies) == {finger, block}:
                    mujoco.mj_contactForce(model, data, k, wrench)
                    world = data.contact.frame[k].reshape(3, 3).T @ wrench[:3]
                    force += world if bodies[1] == finger else -world
            assert grasp[i] == pytest.approx(np.linalg.norm(force) * 0.002, abs=1e-9)
        scene = live("pick-and-place", info["scene"])
        felt.append(scene.robot.check_grasp(scene.cubeA, max_angle=30))
    assert not felt[0]
    assert felt[-1]
    assert scene.robot.gripper_openness == pytest.approx(0.5, abs=0.05)
    assert not scene.robot.check_grasp(scene.cubeA, max_angle=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_fixes_everything_pictures_or_not(name, reused):
    mode = "rgb_array" if name == "push" else None
    drawn = task(f"fetch/{name}").make_env(seed=3, render_mode=mode)
    one, rng = reused(name, seed=3), np.random.default_rng(0)
    first, again = one.reset(), drawn.reset()
    assert np.array_equal(first[1]["scene"], again[1]["scene"])
    for _ in range(12):
        action = rng.uniform(-1, 1, 4)
        left, right = one.step(action), drawn.step(action)
        if drawn.render_mode:
            assert drawn.render().std() > 20
        assert np.array_equal(left[4]["scene"], right[4]["scene"])
        assert left[1] == right[1]
    assert not np.array_equal(one.reset()[0], first[0])
    assert np.array_equal(one.reset(seed=3)[1]["scene"], first[1]["scene"])
    drawn.close()


@pytest.mark.parametrize("name", NAMES)
def test_its_picture_shows_something(name):
    env = task(f"fetch/{name}").make_env(render_mode="rgb_array")
    env.reset()
    picture = env.render()
    env.close()
    assert picture.shape == (480, 480, 3)
    assert picture.std() > 20


def test_a_step_covers_what_the_tip_says_and_the_gripper_obeys(live, reused):
    env = reused("pick-and-place", seed=1)
    env.reset()
    tool = env.unwrapped.data.site("robot0:grip").xpos
    for axis in range(3):
        action, before = np.zeros(4), tool.copy()
        action[axis] = -1.0 if axis == 2 else 1.0
        for _ in range(4):
            env.step(action)
        moved = (tool - before) / 4
        assert np.argmax(np.abs(moved)) == axis
        assert action[axis] * moved[axis] == pytest.approx(0.03, abs=0.007)
    for gripper, openness in ((1.0, 1.0), (-1.0, 0.0)):
        for _ in range(8):
            *_, info = env.step(np.array([0.0, 0.0, 0.0, gripper]))
        robot = live("pick-and-place", info["scene"]).robot
        assert robot.gripper_openness == pytest.approx(openness, abs=0.15)


def test_a_program_written_for_the_pick_cube_task_reads_this_one_unmodified(play, reused):
    source = """
def compute_dense_reward(self, action):
    tool, cube = self.robot.ee_pose.p, self.cubeA.pose.p
    down = -self.robot.ee_pose.to_transformation_matrix()[2, 2]
    held = self.robot.check_grasp(self.cubeA, max_angle=30)
    left = np.linalg.norm(self.goal_position - cube)
    static = self.cubeA.check_static() * float(cube[2] < 0.5 + self.cube_half_size)
    fingers = cdist(self.robot.lfinger.get_world_pcd(), cube.reshape(1, 3)).min()
    reward = -np.linalg.norm(tool - cube) - left + down + held * (1.0 - np.tanh(left)) + static
    return reward - fingers - 0.01 * np.linalg.norm(self.robot.qvel) + self.robot.gripper_openness
"""
    for name in BLOCKS:
        made = task(f"fetch/{name}")
        rows, env = [], reused(name, seed=6)
        for _ in range(4):
            rows += [info["scene"] for *_, info in play(name, env)]
        with RewardRunner(RewardProgram(source, made.id, made.goal), made.scene) as runner:
            rewards = runner.evaluate(np.array(rows)).reward
        assert len(rewards) == 200
        assert np.isfinite(rewards).all()
        assert rewards.std() > 0.01


@pytest.mark.parametrize("name", ["reach", "push", "pick-and-place"])
def test_its_library_program_is_valid_and_pays_for_solving_it(name, play, reused, rewards_of):
    made = task(f"fetch/{name}")
    page = yaml.safe_load((LIBRARY / f"{name}.yaml").read_text())
    assert (page["task_id"], page["env_id"], page["goal"]) == (made.id, made.env_id, made.goal)
    program = RewardProgram(page["source"], made.id, made.goal)
    verdict = validate(program, made)
    assert verdict.ok
    assert not verdict.findings
    env, rng = reused(name, seed=5), np.random.default_rng(0)
    solving = [info for *_, info in play(name, env)]
    env.reset()
    chance = [env.step(rng.uniform(-1, 1, 4))[4] for _ in range(50)]
    good, bad = rewards_of(program, made.scene, solving, chance)
    assert good.sum() > 1.5 * bad.sum()
    assert good[-1] > good[0]
    assert np.abs(good).max() < 15


def test_a_coder_reads_what_the_push_task_has():
    text = task("fetch/push").describe()
    scene = text.partition("class FetchBlockScene:")[2].partition("\n    obs:")[0]
    assert scene == (
        "  # this is `self`\n"
        '    """A Fetch robot and a block on a table at height 0.4; x away from the robot, z up."""'
        "\n"
        "    robot: FetchRobot  # the robot\n"
        "    cubeA: RigidObject  # the block to be moved, at its centre\n"
        "    cube_half_size: float  # [m] always 0.025: half the length of the block's edge\n"
        "    goal_position: np.ndarray  # (3,) [m] where the block's centre is to be"
    )
    assert "Solved when: distance of cubeA.pose.p and goal_position less than 0.05 m." in text
    assert "check_grasp(obj, max_angle: float = 85) -> bool" in text
    assert "action[0]: moves the hand along x: 0.05 m at 1" in text
    assert "The goal sentence is our own" in text
    reach = task("fetch/reach").describe()
    assert "cubeA" not in reach
    assert "check_grasp" not in reach


@pytest.mark.parametrize("horizon", [0, -5, 2.5, "long"])
def test_a_horizon_that_is_no_number_of_steps_is_refused(horizon):
    with pytest.raises(ConfigError, match="give a number of steps, at least 1"):
        task("fetch/push", horizon=horizon)


def test_a_horizon_can_be_asked_for_and_theirs_is_the_default():
    assert task("fetch/push").horizon == 50
    made = task("fetch/push", horizon=3)
    assert made.options == {"horizon": 3}
    env = made.make_env(seed=0)
    env.reset()
    assert [env.step(np.zeros(4))[3] for _ in range(3)] == [False, False, True]


def test_building_one_prints_nothing():
    code = "from rewardlab.envs.tasks import task; task('fetch/reach').make_env(seed=0).reset()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
