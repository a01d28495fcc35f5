"""Robots that drive: what programs see of doors, drawers and chairs is what the simulator has."""

import math
import re
from pathlib import Path

import mujoco
import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation
from scripted import scripted

import rewardlab
from rewardlab.envs.tabletop.cabinet import CARCASS, DOOR, DRAWER
from rewardlab.envs.tasks import task
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.clouds import depth
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.namespace import namespace
from rewardlab.sandbox.runner import RewardRunner

DOORS = ["open-cabinet-door", "open-cabinet-drawer"]
NAMES = [*DOORS, "push-chair"]
CABINETS = dict(zip(DOORS, (DOOR, DRAWER), strict=True))


class Played:
    """An episode of a task: its environment, its simulator, and what a program sees now."""

    def __init__(self, name, *, seed=0, **options):
        self.task = task(f"tabletop/{name}", **options)
        self.env = self.task.make_env(seed=seed)
        self.sim = self.env.unwrapped
        self.live = facade(self.task.scene)
        self.reset()

    def reset(self, seed=None):
        self.obs, self.info = self.env.reset(seed=seed)
        self._see()

    def step(self, action):
        self.obs, self.reward, _, self.truncated, self.info = self.env.step(action)
        self._see()

    def _see(self):
        self.live.buffer[:] = self.info["scene"]
        self.scene = self.live.scene

    def drive(self, steps, **entries):
        """Hold an action of some entries, the gripper open, e.g. `drive(10, a0=1)`."""
        action = np.zeros(self.env.action_space.shape)
        action[10::7] = 1.0
        for name, value in entries.items():
            action[int(name[1:])] = value
        for _ in range(steps):
            self.step(action)

    def random(self, steps, seed=0):
        rng = np.random.default_rng(seed)
        for _ in range(steps):
            self.step(rng.uniform(-1, 1, self.env.action_space.shape))

    def solve(self, name, steps=200):
        act, rewards = scripted(f"tabletop/{name}", self.env), []
        for _ in range(steps):
            self.step(act())
            rewards.append(self.reward)
            if self.info["success"]:
                break
        return rewards

    @property
    def thing(self):
        """What moves: the handle or the chair."""
        return self.scene.cabinet.handle if hasattr(self.scene, "cabinet") else self.scene.chair


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=DOORS)
def door(request):
    return request.param


def test_tasks_have_the_published_shape(name):
    built = task(f"tabletop/{name}")
    assert built.horizon == 200
    assert built.scene.dt == pytest.approx(0.05)
    assert built.scene.action.size == (18 if name == "push-chair" else 11)
    assert built.goal.split()[2] in ("single-arm", "dual-arm", "mobile") or "mobile" in built.goal


def test_members_hold_what_the_schema_promises_over_random_steps(name, check_members):
    played = Played(name)
    for i in range(40):
        played.random(5, seed=i)
        check_members(played.task.scene, played.info["scene"])
        assert played.obs.shape == played.env.observation_space.shape
        assert not played.info["success"]


def test_episodes_follow_from_the_seed(name):
    ends = []
    for seed in (3, 3, 4):
        played = Played(name, seed=seed)
        first = played.info["scene"].copy()
        played.random(20)
        ends.append((first, played.info["scene"].copy(), played.reward))
    assert (ends[0][0] == ends[1][0]).all()
    assert (ends[0][1] == ends[1][1]).all()
    assert ends[0][2] == ends[1][2]
    assert (ends[0][0] != ends[2][0]).any()


def test_a_reset_forgets_the_last_episode(name):
    fresh, used = Played(name, seed=7), Played(name, seed=1)
    used.random(30)
    used.reset(seed=7)
    assert (fresh.info["scene"] == used.info["scene"]).all()


def test_robots_start_in_front_at_many_places(door):
    played, places, yaws = Played(door), [], []
    for seed in range(30):
        played.reset(seed=seed)
        places.append(played.scene.robot.base_position)
        yaws.append(played.sim.robot.yaw)
        assert played.scene.cabinet.handle.qpos == 0.0
    away = np.linalg.norm(places, axis=1)
    assert away.min() > 1.6
    assert away.max() < 1.8
    assert np.max(places, axis=0)[0] < -1.5
    assert np.ptp(np.array(places)[:, 1]) > 0.5
    assert np.ptp(yaws) > 0.3


def test_chairs_start_upright_one_metre_from_their_target():
    played, far, around = Played("push-chair"), [], []
    for seed in range(30):
        played.reset(seed=seed)
        to_target = played.scene.target_xy - played.scene.chair.pose.p[:2]
        far.append(np.linalg.norm(to_target))
        around.append(math.atan2(to_target[1], to_target[0]))
        assert tilt(played.scene.chair) < 0.01
        assert 0.8 <= np.linalg.norm(played.scene.robot.base_position - played.chair_xy) <= 1.2
    assert min(far) >= 0.8
    assert max(far) <= 1.2
    assert np.ptp(around) > 4.0


Played.chair_xy = property(lambda self: self.scene.chair.pose.p[:2])


def tilt(chair):
    return math.acos(min(1.0, chair.pose.to_transformation_matrix()[2, 2]))


# -- what programs see ----------------------------------------------------------------------------


def body(played, name):
    return played.sim.data.body(name)


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


def test_velocities_are_rates_of_poses(name):
    played = Played(name)
    played.solve(name, steps=70)
    part = "handle" if name in DOORS else "chair"
    (before, turn), (after, turned) = (moved(played, part, t) for t in (-1e-7, 1e-7))
    assert np.linalg.norm(played.thing.velocity) > 0.05
    assert played.thing.velocity == pytest.approx((after - before) / 2e-7, abs=1e-5)
    spin = (turned * turn.inv()).as_rotvec() / 2e-7
    assert played.thing.angular_velocity == pytest.approx(spin, abs=1e-5)
    if name == "open-cabinet-door":
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


def test_fingertips_are_where_the_tools_are(name):
    played = Played(name)
    played.random(20)
    tips = played.scene.robot.get_ee_coords()
    prefixes = ("right_", "left_") if name == "push-chair" else ("",)
    assert tips.shape == (2 * len(prefixes), 3)
    for i, prefix in enumerate(prefixes):
        pair = tips[2 * i : 2 * i + 2]
        tool = played.sim.data.site(f"{prefix}tool").xpos
        assert pair.mean(axis=0) == pytest.approx(tool, abs=0.005)
    played.drive(20)
    width = 0.08 if name == "push-chair" else 0.08 * played.scene.robot.gripper_openness
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


def test_static_thresholds_are_those_of_the_tasks(name):
    entity = next(p.entity for p in task(f"tabletop/{name}").scene.root.parts if p.name != "robot")
    root, handle = dict(entity.constants), entity.part("handle")
    assert root["static"] == (0.1, 0.2)
    assert (handle is None) == (name == "push-chair")
    assert handle is None or dict(handle.constants)["static"] == (0.1, 1.0)


def test_what_moves_is_not_static(name):
    played = Played(name)
    assert played.thing.check_static()
    played.solve(name, steps=75)
    assert not played.thing.check_static() or np.linalg.norm(played.thing.velocity) <= 0.1
    assert np.linalg.norm(played.thing.velocity) > 0.1 or name == "open-cabinet-door"


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


def test_programs_in_the_published_style_score_two_hundred_steps(name):
    names = namespace(print)
    exec(PUSHING if name == "push-chair" else OPENING, names)
    reward = names["compute_dense_reward"]
    played, scores, rng = Played(name), [], np.random.default_rng(0)
    act = scripted(f"tabletop/{name}", played.env)
    for i in range(200):
        played.step(act() if i >= 100 else rng.uniform(-1, 1, played.env.action_space.shape))
        scores.append(reward(played.scene, played.live.action()))
        assert np.isfinite(scores[-1])
        assert scores[-1] == reward(played.scene, played.live.action())
    assert len(set(scores)) > 190


# -- actions --------------------------------------------------------------------------------------


def in_base(played, vector):
    c, s = math.cos(played.sim.robot.yaw), math.sin(played.sim.robot.yaw)
    return c * vector[0] + s * vector[1], c * vector[1] - s * vector[0]


@pytest.mark.parametrize(("entry", "axis"), [("a0", 0), ("a1", 1)])
def test_the_base_drives_along_its_own_axes(name, entry, axis):
    played = Played(name, seed=2)
    played.drive(4, a2=0.8)
    played.drive(6, **{entry: -1})
    start = played.scene.robot.base_position
    played.drive(4, **{entry: -1})
    moved = in_base(played, played.scene.robot.base_position - start)
    assert moved[axis] == pytest.approx(-0.5 * 0.2, rel=0.05)
    assert abs(moved[1 - axis]) < 0.005
    velocity = in_base(played, played.scene.robot.base_velocity)
    assert velocity[axis] == pytest.approx(-0.5, rel=0.05)


def test_driving_while_turning_keeps_to_the_bases_axes():
    played = Played("open-cabinet-door")
    played.drive(10, a0=-1, a2=0.3)
    velocity = in_base(played, played.scene.robot.base_velocity)
    assert velocity[0] == pytest.approx(-0.5, rel=0.05)
    assert abs(velocity[1]) < 0.08


def test_yaw_turns_the_base_and_the_torso_lifts_the_arm(name):
    played = Played(name)
    yaw = played.sim.robot.yaw
    played.drive(5, a2=0.2)
    first = played.sim.robot.yaw
    played.drive(5, a2=0.2)
    assert played.sim.robot.yaw - first == pytest.approx(0.2 * 3.14 * 0.25, rel=0.05)
    assert first > yaw
    tips = played.scene.robot.get_ee_coords()
    played.drive(8, a3=1)
    lifted = played.scene.robot.get_ee_coords() - tips
    assert lifted[:, 2] == pytest.approx(0.5 * 0.4, rel=0.12)
    played.drive(60, a3=1)
    assert played.sim.robot.torso == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_hands_move_along_the_axes_of_the_base(name, axis):
    played = Played(name)
    arms = 2 if name == "push-chair" else 1
    for arm in range(arms):
        before = played.scene.robot.get_ee_coords()
        played.drive(3, **{f"a{4 + 7 * arm + axis}": -1})
        moved = played.scene.robot.get_ee_coords() - before
        mine = moved[2 * arm : 2 * arm + 2].mean(axis=0)
        along = (*in_base(played, mine), mine[2])
        assert along[axis] < -0.03
        assert np.abs(np.delete(along, axis)).max() < 0.6 * abs(along[axis])
        others = np.delete(moved, [2 * arm, 2 * arm + 1], axis=0)
        assert (np.abs(others) < 0.02).all()


def test_grippers_close_one_by_one():
    played = Played("push-chair")
    played.drive(10, a10=-1, a17=1)
    right, left = played.sim.robot.openness
    assert right < 0.05
    assert left > 0.95


def test_each_entry_does_something_that_the_others_do_not(name):
    ends = []
    size = task(f"tabletop/{name}").scene.action.size
    played = Played(name)
    for entry in range(size):
        played.reset(seed=5)
        played.drive(4, **{f"a{entry}": -0.7})
        ends.append(played.sim.data.qpos.copy())
    apart = [np.abs(a - b).max() for i, a in enumerate(ends) for b in ends[:i]]
    assert min(apart) > 0.004


# -- success, oracle ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 11])
def test_a_scripted_robot_solves_it_by_actions_alone(name, seed):
    played = Played(name, seed=seed)
    rewards = played.solve(name)
    assert played.info["success"]
    assert max(rewards) == rewards[-1] == 10.0
    assert np.mean(rewards[-10:-1]) > np.mean(rewards[:10])


def test_random_robots_fail_and_earn_less(name):
    played = Played(name, seed=0)
    good = np.mean(played.solve(name))
    played.reset(seed=0)
    bad = []
    for i in range(40):
        played.random(5, seed=i)
        bad.append(played.reward)
        assert not played.info["success"]
    assert good > 1.5 * np.mean(bad)


def test_success_is_nine_tenths_of_the_range(door):
    played, limit = Played(door), CABINETS[door].limit
    joint = played.sim.data.joint("handle")
    for share, open_enough in ((0.0, False), (0.88, False), (0.92, True)):
        joint.qpos[:], joint.qvel[:] = share * limit, 0.0
        played.drive(1)
        assert played.info["success"] == open_enough
        handle = played.scene.cabinet.handle
        assert (handle.qpos >= handle.target_qpos) == open_enough


def stand(played, distance, angle=0.0):
    """Put the chair that far from its target, tilted about y."""
    free = played.sim._free
    x, y = played.sim.target
    free.qpos[:] = (
        x + distance,
        y,
        0.02 * (angle > 0),
        math.cos(angle / 2),
        0,
        math.sin(angle / 2),
        0,
    )
    free.qvel[:] = 0.0
    played.sim._mujoco.mj_forward(played.sim.model, played.sim.data)


@pytest.mark.parametrize(
    ("distance", "angle", "solved"),
    [
        *((0.0, 0.0, True), (0.149, 0.0, True), (0.151, 0.0, False)),
        *((0.0, 0.049 * math.pi, True), (0.0, 0.051 * math.pi, False)),
    ],
)
def test_a_chair_stands_near_its_target(distance, angle, solved):
    played = Played("push-chair")
    stand(played, distance, angle)
    assert played.sim._solved() == solved


def test_a_chair_pushed_over_lies_on_its_target_and_is_no_success():
    played = Played("push-chair")
    back = played.sim.model.body("back").id
    played.sim.data.xfrc_applied[back, :3] = (90.0, 0.0, 0.0)
    played.drive(30)
    played.sim.data.xfrc_applied[:] = 0.0
    played.drive(30)
    assert tilt(played.scene.chair) > 0.25 * math.pi
    assert tilt(played.scene.chair) == pytest.approx(played.sim.tilt)
    played.sim._free.qpos[:2] = played.sim.target
    played.sim._free.qvel[:] = 0.0
    played.drive(1)
    assert np.linalg.norm(played.chair_xy - played.scene.target_xy) < 0.15
    assert not played.info["success"]


def test_pushed_low_a_chair_rolls_and_stands():
    played = Played("push-chair")
    start = played.chair_xy
    played.sim.data.xfrc_applied[played.sim.model.body("chair").id, :3] = (15.0, 0.0, 0.0)
    played.drive(20)
    assert np.linalg.norm(played.chair_xy - start) > 0.2
    assert tilt(played.scene.chair) < 0.05 * math.pi


def test_without_native_reward_nothing_else_changes(name):
    rewards, scenes = [], []
    for native in (True, False):
        env = task(f"tabletop/{name}").make_env(seed=0, native_reward=native)
        env.reset()
        _, reward, _, _, info = env.step(np.zeros(env.action_space.shape))
        rewards.append(reward)
        scenes.append(info["scene"])
    assert rewards[0] > 0.0
    assert rewards[1] == 0.0
    assert (scenes[0] == scenes[1]).all()


def test_the_horizon_truncates():
    played = Played("open-cabinet-drawer", horizon=3)
    played.drive(2)
    assert not played.truncated
    played.drive(1)
    assert played.truncated


def test_tips_name_only_what_there_is(name):
    built = task(f"tabletop/{name}")
    text = built.describe()
    for word in re.findall(r"\b(?:handle|chair)\.(\w+)", " ".join(built.tips)):
        assert f"    {word}" in text


@pytest.mark.parametrize("entries", [{"a0": 1}, {"a0": 1, "a4": 1, "a6": -1}])
def test_driving_hard_against_furniture_breaks_nothing(door, entries):
    """Without a limit on the drives' force, a door gave way backwards by two degrees."""
    played = Played(door)
    played.drive(150, **entries)
    assert played.sim.qpos > -0.015 * CABINETS[door].limit
    assert np.abs(played.sim.data.qvel).max() < 10.0
    assert not any(warning.number for warning in played.sim.data.warning)


def test_its_library_program_pays_for_solving_it(name):
    page = Path(rewardlab.__file__).parent / "prompts/library/tabletop" / f"{name}.yaml"
    played = Played(name, seed=5)
    source = yaml.safe_load(page.read_text())["source"]
    program = RewardProgram(source, played.task.id, played.task.goal)
    solving, chance = [], []
    act, rng = scripted(f"tabletop/{name}", played.env), np.random.default_rng(0)
    while not sum(info["success"] for info in solving) > 5:
        played.step(act())
        solving.append(played.info)
    played.reset()
    for _ in range(60):
        played.step(rng.uniform(-1, 1, played.env.action_space.shape))
        chance.append(played.info)
    with RewardRunner(program, played.task.scene) as runner:
        good, bad = (
            runner.evaluate(np.array([info["scene"] for info in infos])).reward
            for infos in (solving, chance)
        )
    solved = np.array([info["success"] for info in solving])
    assert good.mean() > 1.3 * bad.mean()
    assert good[solved].min() > good[~solved].max()
    assert np.abs(good).max() < 20
