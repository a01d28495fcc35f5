"""Robots that drive: what programs see of doors, drawers and chairs is what the simulator has."""

import math

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scripted import scripted

from rewardlab.envs.tabletop.cabinet import CARCASS
from rewardlab.envs.tasks import task
from rewardlab.sandbox.clouds import depth
from rewardlab.sandbox.namespace import namespace
from tests.envs.driving import CABINETS, DOORS, Played


def test_members_hold_what_the_schema_promises_over_random_steps(mobile, check_members):
    played = Played(mobile)
    for i in range(40):
        played.random(5, seed=i)
        check_members(played.task.scene, played.info["scene"])
        assert played.obs.shape == played.env.observation_space.shape
        assert not played.info["success"]


def body(played, part):
    return played.sim.data.body(part)


def test_the_handle_is_where_the_simulator_has_it(door):
    played = Played(door)
    played.solve(door, steps=80)
    handle = played.scene.cabinet.handle
    assert handle.qpos > 0.1
    fresh = mujoco.MjData(played.sim.model)
    fresh.qpos[:], fresh.qvel[:] = played.sim.data.qpos, played.sim.data.qvel
    mujoco.mj_forward(played.sim.model, fresh)
    assert handle.pose.p == pytest.approx(fresh.body("handle").xpos)
    assert handle.pose.q == pytest.approx(fresh.body("handle").xquat)
    assert handle.qpos == fresh.joint("handle").qpos[0]
    assert handle.qvel == fresh.joint("handle").qvel[0]
    assert played.scene.cabinet.qpos == pytest.approx([handle.qpos])
    assert handle.target_qpos == pytest.approx(0.9 * CABINETS[door].limit)
    assert played.scene.robot.ee_pose.p == pytest.approx(fresh.body("hand").xpos)
    assert played.scene.robot.gripper_openness < 0.5


def moved(played, part, seconds):
    """Position and rotation of a body if the present motion went on for a moment."""
    model, data = played.sim.model, mujoco.MjData(played.sim.model)
    data.qpos[:] = played.sim.data.qpos
    mujoco.mj_integratePos(model, data.qpos, played.sim.data.qvel, seconds)
    mujoco.mj_kinematics(model, data)
    return data.body(part).xpos, Rotation.from_matrix(data.body(part).xmat.reshape(3, 3))


def test_velocities_are_rates_of_poses(mobile):
    played = Played(mobile)
    played.solve(mobile, steps=70)
    part = "handle" if mobile in DOORS else "chair"
    (before, turn), (after, turned) = (moved(played, part, t) for t in (-1e-7, 1e-7))
    assert np.linalg.norm(played.thing.velocity) > 0.05
    assert played.thing.velocity == pytest.approx((after - before) / 2e-7, abs=1e-5)
    spin = (turned * turn.inv()).as_rotvec() / 2e-7
    assert played.thing.angular_velocity == pytest.approx(spin, abs=1e-5)
    if mobile == "open-cabinet-door":
        assert spin == pytest.approx([0.0, 0.0, -played.thing.qvel], abs=1e-5)


def test_clouds_lie_on_the_boxes_with_which_the_simulator_collides(door):
    played = Played(door)
    played.solve(door, steps=70)
    handle, cabinet = played.scene.cabinet.handle, CABINETS[door]
    local = handle.get_local_pcd()
    assert local.shape == (100, 3)
    assert depth(cabinet.handle.row)(local) == pytest.approx(0.0, abs=1e-9)
    assert handle.local_sdf(local) == pytest.approx(0.0, abs=1e-9)
    assert handle.local_sdf(np.zeros((1, 3)))[0] == pytest.approx(0.01)
    assert played.scene.cabinet.get_pcd().shape == (1024, 3)
    boxes = [box.row for link in cabinet.surface for box in link]
    names = ("cabinet", "handle")
    ids = [body(played, part).id for part in names]
    geoms = [i for i, owner in enumerate(played.sim.model.geom_bodyid) if owner in ids]
    sizes = played.sim.model.geom_size[geoms]
    assert np.sort(sizes, axis=0) == pytest.approx(np.sort(np.array(boxes)[:, 7:], axis=0))
    assert cabinet.surface[0][: len(CARCASS)] == CARCASS


def test_the_cloud_of_an_opened_door_has_opened():
    played = Played("open-cabinet-door")
    shut = played.scene.cabinet.get_pcd()
    played.solve("open-cabinet-door")
    opened = played.scene.cabinet.get_pcd()
    assert opened[:512] == pytest.approx(shut[:512])
    assert opened[:, 0].min() < shut[:, 0].min() - 0.3


def test_the_chairs_cloud_moves_with_its_three_links():
    played = Played("push-chair")
    before = played.scene.chair.get_pcd().reshape(3, 512, 3)
    at = before.mean(axis=1) - played.scene.chair.pose.p
    assert before.shape == (3, 512, 3)
    assert at[:, 2] == pytest.approx([0.13, 0.42, 0.7], abs=0.08)
    played.sim._swivel.qpos[:] += math.pi
    played.drive(1)
    after = played.scene.chair.get_pcd().reshape(3, 512, 3)
    assert after[0].mean(axis=0) == pytest.approx(before[0].mean(axis=0), abs=0.01)
    assert np.linalg.norm(after[2].mean(axis=0) - before[2].mean(axis=0)) > 0.3
    assert played.scene.chair.qpos == pytest.approx(played.sim._swivel.qpos)


def test_the_hand_begins_turned_to_fit_the_handle(door):
    played = Played(door)
    handle, hand = played.scene.cabinet.handle, played.scene.robot.ee_pose
    fits = [handle.pose * grasp for grasp in handle.target_grasp_poses]
    apart = [2 * math.acos(min(1.0, abs(fit.q @ hand.q))) for fit in fits]
    assert min(apart) == pytest.approx(abs(played.sim.robot.yaw), abs=0.01)
    assert max(apart) > 2.0
    pointing = fits[0].to_transformation_matrix()[:3, 2]
    assert pointing == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_fingertips_are_where_the_tools_are(mobile):
    played = Played(mobile)
    played.random(20)
    tips = played.scene.robot.get_ee_coords()
    prefixes = ("right_", "left_") if mobile == "push-chair" else ("",)
    assert tips.shape == (2 * len(prefixes), 3)
    for i, prefix in enumerate(prefixes):
        pair = tips[2 * i : 2 * i + 2]
        tool = played.sim.data.site(f"{prefix}tool").xpos
        assert pair.mean(axis=0) == pytest.approx(tool, abs=0.005)
    played.drive(20)
    width = 0.08 if mobile == "push-chair" else 0.08 * played.scene.robot.gripper_openness
    gap = np.linalg.norm(np.diff(played.scene.robot.get_ee_coords()[:2], axis=0))
    assert gap == pytest.approx(width, abs=0.08)


def test_joints_of_two_arms_are_right_then_left():
    played = Played("push-chair")
    before = played.scene.robot.qpos
    assert before.shape == (14,)
    played.drive(5, a4=1)
    moved = np.abs(played.scene.robot.qpos - before)
    assert moved[:7].max() > 0.1
    assert moved[7:].max() < 0.01


def test_static_thresholds_are_those_of_the_tasks(mobile):
    entity = next(
        p.entity for p in task(f"tabletop/{mobile}").scene.root.parts if p.name != "robot"
    )
    root, handle = dict(entity.constants), entity.part("handle")
    assert root["static"] == (0.1, 0.2)
    assert (handle is None) == (mobile == "push-chair")
    assert handle is None or dict(handle.constants)["static"] == (0.1, 1.0)


def test_what_moves_is_not_static(mobile):
    played = Played(mobile)
    assert played.thing.check_static()
    played.solve(mobile, steps=75)
    assert not played.thing.check_static() or np.linalg.norm(played.thing.velocity) <= 0.1
    assert np.linalg.norm(played.thing.velocity) > 0.1 or mobile == "open-cabinet-door"


OPENING = """
def compute_dense_reward(self, action) -> float:
    handle = self.cabinet.handle
    ee_coords = self.robot.get_ee_coords()
    handle_pcd = transform_points(
        handle.pose.to_transformation_matrix(), handle.get_local_pcd()
    )
    reward = -2 * cdist(ee_coords, handle_pcd).min(axis=1).mean()
    center = transform_points(
        handle.pose.inv().to_transformation_matrix(), ee_coords.mean(0, keepdims=True)
    )
    sdf = handle.local_sdf(center).max()
    reward += clip_and_normalize(sdf, -0.01, 4e-3) - 1
    grasps = [handle.pose * grasp for grasp in handle.target_grasp_poses]
    reward -= 3 * min(angle_distance(self.robot.ee_pose, grasp) for grasp in grasps)
    reward -= 0.01 * sdist.cdist(ee_coords, self.cabinet.get_pcd()).mean()
    if handle.qpos < handle.target_qpos:
        reward += clip_and_normalize(handle.qvel, -0.1, 0.5)
    elif handle.check_static() and self.cabinet.check_static():
        reward += 1 - np.linalg.norm(handle.velocity) - np.linalg.norm(handle.angular_velocity)
    reward += 0.1 * self.cabinet.qpos.sum() / handle.target_qpos + 0.1 * self.cabinet.qvel.sum()
    reward -= 0.01 * np.linalg.norm(self.robot.base_velocity) * self.robot.gripper_openness
    reward -= 1e-3 * np.linalg.norm(np.concatenate((self.robot.qpos, self.robot.qvel)))
    return reward - 1e-6 * np.linalg.norm(self.robot.base_position - action[:2])
"""


PUSHING = """
def compute_dense_reward(self, action) -> float:
    tips = self.robot.get_ee_coords()
    distance = cdist(tips, self.chair.get_pcd()).min(axis=1).mean()
    reward = -distance - np.clip(np.log(distance + 1e-5), -10, 0)
    up = self.chair.pose.to_transformation_matrix()[:3, 2]
    tilt = np.arccos(np.clip(up[2], -1, 1))
    reward -= 0.2 * tilt
    offset = self.chair.pose.p[:2] - self.target_xy
    velocity = self.chair.velocity[:2]
    if np.linalg.norm(offset) <= 0.15:
        reward += 2 * np.exp(-10 * np.linalg.norm(velocity)) + self.chair.check_static()
    else:
        reward += angle_between_vec(-offset, velocity) * np.linalg.norm(velocity)
    reward -= 0.01 * np.linalg.norm(self.chair.angular_velocity) + 0.01 * self.chair.qvel.max()
    reward -= 0.001 * np.linalg.norm(self.robot.base_position - self.chair.pose.p[:2])
    reward -= 1e-3 * (np.linalg.norm(self.robot.qvel) + np.linalg.norm(self.robot.base_velocity))
    return reward - 1e-6 * np.linalg.norm(action) - 1e-6 * abs(self.robot.qpos).sum()
"""


def test_programs_in_the_published_style_score_two_hundred_steps(mobile):
    names = namespace(print)
    exec(PUSHING if mobile == "push-chair" else OPENING, names)
    reward = names["compute_dense_reward"]
    played, scores, rng = Played(mobile), [], np.random.default_rng(0)
    act = scripted(f"tabletop/{mobile}", played.env)
    for i in range(200):
        played.step(act() if i >= 100 else rng.uniform(-1, 1, played.env.action_space.shape))
        scores.append(reward(played.scene, played.live.action()))
        assert np.isfinite(scores[-1])
        assert scores[-1] == reward(played.scene, played.live.action())
    assert len(set(scores)) > 190
