"""Robots that drive: how their tasks begin, when they are solved, what pays."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from scripted import scripted

import rewardlab
from rewardlab.envs.tasks import task
from rewardlab.program.program import RewardProgram
from tests.envs.driving import CABINETS, Played, tilt


def test_tasks_have_the_published_shape(mobile):
    built = task(f"tabletop/{mobile}")
    assert built.horizon == 200
    assert built.scene.dt == pytest.approx(0.05)
    assert built.scene.action.size == (18 if mobile == "push-chair" else 11)
    assert built.goal.split()[2] in ("single-arm", "dual-arm", "mobile") or "mobile" in built.goal


def test_episodes_follow_from_the_seed(mobile):
    ends = []
    for seed in (3, 3, 4):
        played = Played(mobile, seed=seed)
        first = played.info["scene"].copy()
        played.random(20)
        ends.append((first, played.info["scene"].copy(), played.reward))
    assert (ends[0][0] == ends[1][0]).all()
    assert (ends[0][1] == ends[1][1]).all()
    assert ends[0][2] == ends[1][2]
    assert (ends[0][0] != ends[2][0]).any()


def test_a_reset_forgets_the_last_episode(mobile):
    fresh, used = Played(mobile, seed=7), Played(mobile, seed=1)
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


@pytest.mark.parametrize("seed", [0, 11])
def test_a_scripted_robot_solves_it_by_actions_alone(mobile, seed):
    played = Played(mobile, seed=seed)
    rewards = played.solve(mobile)
    assert played.info["success"]
    assert max(rewards) == rewards[-1] == 10.0
    assert np.mean(rewards[-10:-1]) > np.mean(rewards[:10])


def test_random_robots_fail_and_earn_less(mobile):
    played = Played(mobile, seed=0)
    good = np.mean(played.solve(mobile))
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


def test_without_native_reward_nothing_else_changes(mobile):
    rewards, scenes = [], []
    for native in (True, False):
        env = task(f"tabletop/{mobile}").make_env(seed=0, native_reward=native)
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


def test_tips_name_only_what_there_is(mobile):
    built = task(f"tabletop/{mobile}")
    text = built.describe()
    for word in re.findall(r"\b(?:handle|chair)\.(\w+)", " ".join(built.tips)):
        assert f"    {word}" in text


def test_its_library_program_pays_for_solving_it(mobile, rewards_of):
    page = Path(rewardlab.__file__).parent / "prompts/library/tabletop" / f"{mobile}.yaml"
    played = Played(mobile, seed=5)
    source = yaml.safe_load(page.read_text())["source"]
    program = RewardProgram(source, played.task.id, played.task.goal)
    solving, chance = [], []
    act, rng = scripted(f"tabletop/{mobile}", played.env), np.random.default_rng(0)
    while not sum(info["success"] for info in solving) > 5:
        played.step(act())
        solving.append(played.info)
    played.reset()
    for _ in range(60):
        played.step(rng.uniform(-1, 1, played.env.action_space.shape))
        chance.append(played.info)
    good, bad = rewards_of(program, played.task.scene, solving, chance)
    solved = np.array([info["success"] for info in solving])
    assert good.mean() > 1.3 * bad.mean()
    assert good[solved].min() > good[~solved].max()
    assert np.abs(good).max() < 20
