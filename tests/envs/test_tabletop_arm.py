"""The Panda's four tasks: what is recorded is what the simulator does, and hands can solve them."""

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation
from scripted import scripted

import rewardlab
from rewardlab.envs.tabletop.cubes import APART, GOAL_APART, SPREAD
from rewardlab.envs.tabletop.faucet import TARGET
from rewardlab.envs.tabletop.panda import LIMITS
from rewardlab.envs.tabletop.scene import HALF_SIZE
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.runner import RewardRunner

NAMES = ("lift-cube", "pick-cube", "stack-cube", "turn-faucet")
CUBES = NAMES[:3]
STILL = np.zeros(7)


def build(name, seed=0, **options):
    return task(f"tabletop/{name}").make_env(seed=seed, **options)


def live(name, row):
    """The scene of a recorded row as a program sees it."""
    made = facade(task(f"tabletop/{name}").scene)
    made.buffer[:] = row
    return made.scene


def play(name, env, steps):
    """Yield what the scripted policy meets."""
    env.reset()
    policy = scripted(f"tabletop/{name}", env)
    for _ in range(steps):
        yield env.step(policy())


def velocity(env, body):
    """Linear and angular velocity of a body's frame by finite differences of the present motion."""
    model, data = env.unwrapped.model, mujoco.MjData(env.unwrapped.model)
    data.qpos[:] = env.unwrapped.data.qpos
    eps = 1e-7
    places = []
    for sign in (-1, 1):
        q = env.unwrapped.data.qpos.copy()
        mujoco.mj_integratePos(model, q, env.unwrapped.data.qvel, sign * eps)
        data.qpos[:] = q
        mujoco.mj_kinematics(model, data)
        places.append((data.body(body).xpos.copy(), data.body(body).xmat.reshape(3, 3).copy()))
    (p0, r0), (p1, r1) = places
    return (p1 - p0) / (2 * eps), Rotation.from_matrix(r1 @ r0.T).as_rotvec() / (2 * eps)


@pytest.mark.parametrize("name", NAMES)
def test_two_hundred_random_steps_are_finite_and_in_the_documented_ranges(
    name, roll, check_members
):
    env, schema = build(name), task(f"tabletop/{name}").scene
    for obs, reward, terminated, _, info in roll(env, 200):
        check_members(schema, info["scene"])
        assert env.observation_space.contains(obs)
        assert 0.0 <= reward <= 6.0
        assert not terminated
    assert info["success"] in (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_is_what_the_simulator_does(name):
    env = build(name, seed=4)
    moving = {"lift-cube": ["cubeA"], "pick-cube": ["cubeA"], "stack-cube": ["cubeA", "cubeB"]}
    bodies = {"robot.lfinger": "left_finger", "robot.rfinger": "right_finger"}
    bodies |= {path: path for path in moving.get(name, [])}
    if name == "turn-faucet":
        bodies |= {"faucet": "faucet", "faucet.handle": "handle"}
    for step, (obs, _, _, _, info) in enumerate(play(name, env, 20)):
        if step % 5:
            continue
        row, data = info["scene"], env.unwrapped.data
        fresh = mujoco.MjData(env.unwrapped.model)
        fresh.qpos[:], fresh.qvel[:] = data.qpos, data.qvel
        mujoco.mj_kinematics(env.unwrapped.model, fresh)
        scene = live(name, row)
        assert scene.robot.ee_pose.p == pytest.approx(fresh.site("tool").xpos, abs=1e-9)
        seen = Rotation.from_quat(np.roll(scene.robot.ee_pose.q, -1)).as_matrix()
        assert seen == pytest.approx(fresh.site("tool").xmat.reshape(3, 3), abs=1e-6)
        assert scene.robot.qpos == pytest.approx(
            [data.joint(f"joint{i}").qpos[0] for i in range(1, 8)]
        )
        assert scene.robot.qvel == pytest.approx(
            [data.joint(f"joint{i}").qvel[0] for i in range(1, 8)]
        )
        for path, body in bodies.items():
            thing = scene
            for part in path.split("."):
                thing = getattr(thing, part)
            assert thing.pose.p == pytest.approx(fresh.body(body).xpos, abs=1e-9)
            assert thing.pose.q == pytest.approx(fresh.body(body).xquat, abs=1e-9)
            linear, angular = velocity(env, body)
            assert thing.velocity == pytest.approx(linear, abs=1e-5)
            assert thing.angular_velocity == pytest.approx(angular, abs=1e-5)
        assert np.array_equal(
            row[task(f"tabletop/{name}").scene.layout["obs"].start :][: len(obs)], obs
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_scripted_policy_solves_it_nine_times_of_ten(name):
    env, won = build(name, seed=100, native_reward=False), 0
    for _ in range(10):
        solved = [info["success"] for *_, info in play(name, env, 60)]
        assert not solved[0]
        won += solved[-1]  # and it stays solved
    assert won >= 9


@pytest.mark.parametrize("name", NAMES)
def test_doing_nothing_or_anything_solves_nothing(name, roll):
    env = build(name, seed=7)
    env.reset()
    assert not any(env.step(STILL)[4]["success"] for _ in range(50))
    assert not any(step[4].get("success") for step in roll(env, 100))


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_prefers_the_solution_and_chance_gets_little(name, roll):
    env = build(name, seed=2)
    solved = sum(reward for _, reward, *_ in play(name, env, 60))
    random = sum(step[1] for step in roll(env, 60))
    assert solved > 2 * random + 60
    assert max(reward for _, reward, *_ in play(name, env, 60)) == 6.0


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_fixes_everything_pictures_or_not(name):
    drawn = build(name, seed=3, render_mode="rgb_array") if name == "lift-cube" else build(name, 3)
    one, rng = build(name, seed=3), np.random.default_rng(0)
    first, again = one.reset(), drawn.reset()
    assert np.array_equal(first[1]["scene"], again[1]["scene"])
    for _ in range(30):
        action = rng.uniform(-1, 1, 7)
        left, right = one.step(action), drawn.step(action)
        assert np.array_equal(left[4]["scene"], right[4]["scene"])
        assert left[1] == right[1]
    assert not np.array_equal(one.reset()[0], first[0])
    assert np.array_equal(one.reset(seed=3)[0], first[0])
    drawn.close()


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_action_moves_the_tool_along_its_axis_and_zero_stops_it(axis, sign):
    env = build("lift-cube", seed=1)
    arm = env.unwrapped
    env.reset()
    start, action = arm.tool.copy(), np.zeros(7)
    action[axis] = sign
    for _ in range(3):
        env.step(action)
    moved = sign * (arm.tool - start)
    assert 0.02 < moved[axis] < 0.15
    assert np.abs(np.delete(moved, axis)).max() < 0.2 * moved[axis]
    env.step(STILL)
    stopped = arm.tool.copy()
    for _ in range(10):
        env.step(STILL)
    assert arm.tool == pytest.approx(stopped, abs=2e-3)


@pytest.mark.parametrize("axis", range(3))
def test_an_action_turns_the_hand_about_its_axis_in_place(axis):
    env = build("lift-cube", seed=1)
    arm = env.unwrapped
    env.reset()
    hand = arm.data.body("hand").xmat.reshape(3, 3)
    start, place, action = hand.copy(), arm.tool.copy(), np.zeros(7)
    action[3 + axis] = 1.0
    for _ in range(3):
        env.step(action)
    turned = Rotation.from_matrix(hand @ start.T).as_rotvec()
    assert 0.05 < turned[axis] < 0.3
    assert np.abs(np.delete(turned, axis)).max() < 0.2 * turned[axis]
    assert arm.tool == pytest.approx(place, abs=0.015)


@pytest.mark.parametrize("entry", range(6))
def test_an_entry_of_one_asks_for_a_tenth_of_a_metre_or_radian(entry):
    """As far as the joints' targets lead, by the Jacobian; small, so that no speed limit cuts."""
    env = build("lift-cube", seed=1)
    env.reset()
    arm, data = env.unwrapped, env.unwrapped.data
    jacobian = np.zeros((6, arm.model.nv))
    site = arm.model.site("tool").id
    mujoco.mj_jacSite(arm.model, data, jacobian[:3], jacobian[3:], site)
    joints = [arm.model.joint(f"joint{i}") for i in range(1, 8)]
    dofs = [joint.dofadr[0] for joint in joints]
    action = np.zeros(7)
    action[entry] = 0.2
    arm._act(action)
    targets = [data.actuator(joint.name).ctrl[0] for joint in joints]
    asked = jacobian[:, dofs] @ (targets - data.qpos[[j.qposadr[0] for j in joints]])
    assert asked == pytest.approx(0.2 * 0.1 * np.eye(6)[entry], abs=0.15 * 0.02)


def test_the_gripper_opens_and_closes_and_both_fingers_move_alike():
    env = build("lift-cube")
    _, info = env.reset()
    assert live("lift-cube", info["scene"]).robot.gripper_openness == pytest.approx(1.0)
    for gripper, openness in ((-1.0, 0.0), (1.0, 1.0), (0.2, 0.5)):
        for _ in range(12):
            *_, info = env.step(np.array([0, 0, 0, 0, 0, 0, gripper]))
        robot = live("lift-cube", info["scene"]).robot
        assert robot.gripper_openness == pytest.approx(openness, abs=0.02)
        assert robot.lfinger.qpos == pytest.approx(robot.rfinger.qpos, abs=1e-4)


def test_joints_stay_within_their_limits_however_long_an_action_pushes():
    env = build("lift-cube")
    low, high = np.array(LIMITS).T
    for axis in range(6):
        for sign in (-1.0, 1.0):
            env.reset()
            action = np.zeros(7)
            action[axis] = sign
            for _ in range(60):
                *_, info = env.step(action)
                angles = live("lift-cube", info["scene"]).robot.qpos
                assert (angles > low - 0.03).all()
                assert (angles < high + 0.03).all()


def test_a_held_cube_neither_sinks_into_the_fingers_nor_slips():
    env = build("lift-cube", seed=5)
    list(play("lift-cube", env, 60))
    arm, hold = env.unwrapped, np.array([0, 0, 0, 0, 0, 0, -1.0])
    hand = arm.data.body("hand").xmat.reshape(3, 3)
    env.step(hold)
    before = hand.T @ (arm.cube - arm.tool)
    for _ in range(39):
        *_, info = env.step(hold)
    assert hand.T @ (arm.cube - arm.tool) == pytest.approx(before, abs=5e-4)
    assert arm.data.contact.dist.min() > -5e-4
    scene = live("lift-cube", info["scene"])
    assert scene.robot.check_grasp(scene.cubeA)
    assert scene.robot.check_grasp(scene.cubeA, max_angle=5)
    assert scene.robot.gripper_openness == pytest.approx(0.5, abs=0.03)


def test_grasps_are_felt_as_mujoco_computes_them():
    env = build("lift-cube", seed=5)
    felt = []
    for *_, info in play("lift-cube", env, 40):
        arm, data = env.unwrapped, env.unwrapped.data
        row = info["scene"][task("tabletop/lift-cube").scene.layout["cubeA._grasp"].start :][:4]
        for i, side in enumerate(("left", "right")):
            finger = arm.model.body(f"{side}_finger").id
            force, wrench = np.zeros(3), np.zeros(6)
            for k, contact in enumerate(data.contact):
                bodies = arm.model.geom_bodyid[contact.geom]
                if set(bodies) == {finger, arm.model.body("cubeA").id}:
                    mujoco.mj_contactForce(arm.model, data, k, wrench)
                    world = contact.frame.reshape(3, 3).T @ wrench[:3]
                    force += world if bodies[1] == finger else -world
            size = np.linalg.norm(force)
            assert row[i] == pytest.approx(size * 0.002, rel=1e-6, abs=1e-12)
            opening = data.body(finger).xmat.reshape(3, 3)[:, 1]
            angle = math.degrees(math.acos(force @ opening / size)) if size else 180.0
            assert row[2 + i] == pytest.approx(angle, abs=1e-4)
        felt.append(row[0] > 0)
    assert not felt[0]
    assert felt[-1]


def test_a_cube_on_another_counts_only_when_it_is_let_go_and_still():
    env = build("stack-cube", seed=100)
    states = set()
    for *_, info in play("stack-cube", env, 80):
        scene = live("stack-cube", info["scene"])
        apart = scene.cubeA.pose.p - scene.cubeB.pose.p
        on_top = math.hypot(*apart[:2]) <= math.hypot(0.02, 0.02) + 0.005
        on_top &= abs(apart[2] - 0.04) <= 0.005
        held, still = scene.robot.check_grasp(scene.cubeA), scene.cubeA.check_static()
        assert info["success"] is bool(on_top and still and not held)
        states.add((bool(on_top), bool(held), bool(still)))
    assert (True, True, False) in states or (True, True, True) in states
    assert (True, False, True) in states


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("lift-cube", lambda s: s.cubeA.pose.p[2] >= s.goal_height + s.cube_half_size),
        (
            "pick-cube",
            lambda s: np.linalg.norm(s.cubeA.pose.p - s.goal_position) <= 0.025,
        ),
        ("turn-faucet", lambda s: s.faucet.handle.qpos > s.faucet.handle.target_qpos),
    ],
)
def test_success_is_the_published_rule(name, rule):
    seen = set()
    for *_, info in play(name, build(name, seed=9), 60):
        assert info["success"] is bool(rule(live(name, info["scene"])))
        seen.add(info["success"])
    assert seen == {True, False}


def test_cubes_and_goals_begin_where_they_are_said_to():
    for name in CUBES:
        env = build(name, seed=0)
        for _ in range(60):
            scene = live(name, env.reset()[1]["scene"])
            assert np.abs(scene.cubeA.pose.p[:2]).max() <= SPREAD
            assert scene.cubeA.pose.p[2] == HALF_SIZE
            if name == "pick-cube":
                assert np.abs(scene.goal_position[:2]).max() <= SPREAD
                assert HALF_SIZE <= scene.goal_position[2] <= HALF_SIZE + 0.5
                away = np.linalg.norm(scene.goal_position - scene.cubeA.pose.p)
                assert away >= GOAL_APART
            if name == "stack-cube":
                away = np.linalg.norm(scene.cubeA.pose.p - scene.cubeB.pose.p)
                assert away >= APART
                assert scene.cubeA.check_static()


def test_only_stacking_has_a_second_cube():
    for name in CUBES:
        has = name == "stack-cube"
        made = task(f"tabletop/{name}")
        assert ("cubeB" in made.describe()) is has
        assert ("cubeB" in made.scene.root.members) is has


def test_points_of_the_faucet_lie_on_what_the_simulator_has():
    env = build("turn-faucet", seed=6)
    clouds = []
    for *_, info in play("turn-faucet", env, 30):
        scene = live("turn-faucet", info["scene"])
        clouds.append(scene.faucet.handle.get_local_pcd())
    handle = scene.faucet.handle
    geom = env.unwrapped.model.body("handle").geomadr[0]
    data = env.unwrapped.data
    size = env.unwrapped.model.geom_size[geom]
    local = (handle.get_world_pcd() - data.geom_xpos[geom]) @ data.geom_xmat[geom].reshape(3, 3)
    assert local.shape == (256, 3)
    assert (np.abs(local) / size).max(axis=1) == pytest.approx(np.ones(256), abs=1e-6)
    assert np.array_equal(clouds[0], clouds[-1])
    assert handle.local_sdf(np.zeros((1, 3)))[0] == pytest.approx(0.01)
    assert scene.faucet.get_pcd().shape == (512, 3)
    assert handle.target_qpos == TARGET
    for fit in handle.target_grasp_poses:  # from above, the fingers on both sides of the lever
        hand = (handle.pose * fit).to_transformation_matrix()[:3, :3]
        lever = handle.pose.to_transformation_matrix()[:3, :3]
        assert hand[:, 2] == pytest.approx([0.0, 0.0, -1.0], abs=1e-9)
        assert abs(hand[:, 1] @ lever[:, 1]) == pytest.approx(1.0)
    assert handle.qpos == scene.faucet.qpos[0] > 1.0


@pytest.mark.parametrize("name", NAMES)
def test_its_picture_shows_something(name):
    env = build(name, render_mode="rgb_array")
    env.reset()
    picture = env.render()
    env.close()
    assert picture.shape == (480, 480, 3)
    assert picture.std() > 20


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_pressed_into_anything_however_roughly_it_is_handled(name):
    # links were once so soft that they sank 13 mm into a cube
    env, rng, deepest = build(name, seed=5, native_reward=False), np.random.default_rng(1), 0.0
    arm = env.unwrapped
    for _ in range(6):
        env.reset()
        for step in range(100):
            if step % 8 == 0:
                action = rng.choice([-1.0, 0.0, 1.0], size=7)
                action[2] = -1.0 if rng.random() < 0.5 else action[2]
            env.step(action)
            deepest = min([deepest, *arm.data.contact.dist])
    assert -3e-3 < deepest < 0.0
    assert not any(warning.number for warning in arm.data.warning)


def test_a_coder_reads_what_the_lift_task_has():
    text = task("tabletop/lift-cube").describe()
    scene = text.partition("class LiftCubeScene:")[2].partition("\n    previous:")[0]
    assert scene == (
        "  # this is `self`\n"
        '    """A table at height 0 with a cube on it; x away from the arm, z up."""\n'
        "    robot: PandaRobot  # the arm\n"
        "    cubeA: RigidObject  # the cube to be moved, at its centre\n"
        "    cube_half_size: float  # [m] always 0.02: half the length of a cube's edge\n"
        "    goal_height: float  # [m] always 0.2: how far the cube is to be lifted\n"
        "    obs: np.ndarray  # (35,) raw observation of the environment"
    )
    assert "Solved when: cubeA.pose.p[2] >= goal_height + cube_half_size." in text
    assert "check_grasp(obj, max_angle: float = 85) -> bool" in text
    assert "action[0]: moves the hand along x: asks for 0.1 m at 1, in the frame" in text
    assert "action[6]: gripper: -1 closed, +1 open" in text


@pytest.mark.parametrize("horizon", [0, -5, 2.5, "long"])
def test_a_horizon_that_is_no_number_of_steps_is_refused(horizon):
    with pytest.raises(ConfigError, match="give a number of steps, at least 1"):
        task("tabletop/lift-cube", horizon=horizon)


def test_a_horizon_can_be_asked_for():
    made = task("tabletop/lift-cube", horizon=3)
    assert made.options == {"horizon": 3}
    env = made.make_env(seed=0)
    env.reset()
    assert [env.step(STILL)[3] for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize("name", NAMES)
def test_its_library_program_pays_for_solving_it(name):
    made = task(f"tabletop/{name}")
    page = Path(rewardlab.__file__).parent / "prompts/library/tabletop" / f"{name}.yaml"
    program = RewardProgram(yaml.safe_load(page.read_text())["source"], made.id, made.goal)
    env, rng = build(name, seed=5, native_reward=False), np.random.default_rng(0)
    solving = [info for *_, info in play(name, env, 60)]
    env.reset()
    chance = [env.step(rng.uniform(-1, 1, 7))[4] for _ in range(60)]
    with RewardRunner(program, made.scene) as runner:
        good, bad = (
            runner.evaluate(np.array([info["scene"] for info in infos])).reward
            for infos in (solving, chance)
        )
    assert good.sum() > 2 * bad.sum()
    solved = np.array([info["success"] for info in solving])
    assert good[solved].min() > good[~solved].max()
    assert np.abs(good).max() < 20
