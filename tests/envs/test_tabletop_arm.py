"""The Panda: what is recorded is what the simulator does, and actions do what they say."""

import math

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rewardlab.envs.tabletop.faucet import TARGET
from rewardlab.envs.tabletop.panda import LIMITS
from rewardlab.envs.tasks import task

NAMES = ("lift-cube", "pick-cube", "stack-cube", "turn-faucet")
STILL = np.zeros(7)
SUITE = "tabletop"


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
    name, roll, check_members, build
):
    env, schema = build(name), task(f"tabletop/{name}").scene
    for obs, reward, terminated, _, info in roll(env, 200):
        check_members(schema, info["scene"])
        assert env.observation_space.contains(obs)
        assert 0.0 <= reward <= 6.0
        assert not terminated
    assert info["success"] in (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_is_what_the_simulator_does(name, build, live, play):
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
def test_a_seed_fixes_everything_pictures_or_not(name, build):
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
def test_an_action_moves_the_tool_along_its_axis_and_zero_stops_it(axis, sign, build):
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
def test_an_action_turns_the_hand_about_its_axis_in_place(axis, build):
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
def test_an_entry_of_one_asks_for_a_tenth_of_a_metre_or_radian(entry, build):
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


def test_the_gripper_opens_and_closes_and_both_fingers_move_alike(build, live):
    env = build("lift-cube")
    _, info = env.reset()
    assert live("lift-cube", info["scene"]).robot.gripper_openness == pytest.approx(1.0)
    for gripper, openness in ((-1.0, 0.0), (1.0, 1.0), (0.2, 0.5)):
        for _ in range(12):
            *_, info = env.step(np.array([0, 0, 0, 0, 0, 0, gripper]))
        robot = live("lift-cube", info["scene"]).robot
        assert robot.gripper_openness == pytest.approx(openness, abs=0.02)
        assert robot.lfinger.qpos == pytest.approx(robot.rfinger.qpos, abs=1e-4)


def test_joints_stay_within_their_limits_however_long_an_action_pushes(build, live):
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


def test_a_held_cube_neither_sinks_into_the_fingers_nor_slips(build, live, play):
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


def test_grasps_are_felt_as_mujoco_computes_them(build, play):
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


def test_points_of_the_faucet_lie_on_what_the_simulator_has(build, live, play):
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
def test_its_picture_shows_something(name, build):
    env = build(name, render_mode="rgb_array")
    env.reset()
    picture = env.render()
    env.close()
    assert picture.shape == (480, 480, 3)
    assert picture.std() > 20


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_pressed_into_anything_however_roughly_it_is_handled(name, build):
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
