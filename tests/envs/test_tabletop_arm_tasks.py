"""The Panda's four tasks: how they begin, when they are solved, what pays; hands can solve them."""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

import rewardlab
from rewardlab.envs.tabletop.cubes import APART, GOAL_APART, SPREAD
from rewardlab.envs.tabletop.scene import HALF_SIZE
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError
from rewardlab.program.program import RewardProgram

NAMES = ("lift-cube", "pick-cube", "stack-cube", "turn-faucet")
CUBES = NAMES[:3]
STILL = np.zeros(7)
SUITE = "tabletop"


@pytest.mark.parametrize("name", NAMES)
def test_a_scripted_policy_solves_it_nine_times_of_ten(name, build, play):
    env, won = build(name, seed=100, native_reward=False), 0
    for _ in range(10):
        solved = [info["success"] for *_, info in play(name, env, 60)]
        assert not solved[0]
        won += solved[-1]  # and it stays solved
    assert won >= 9


@pytest.mark.parametrize("name", NAMES)
def test_doing_nothing_or_anything_solves_nothing(name, roll, build):
    env = build(name, seed=7)
    env.reset()
    assert not any(env.step(STILL)[4]["success"] for _ in range(50))
    assert not any(step[4].get("success") for step in roll(env, 100))


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_prefers_the_solution_and_chance_gets_little(name, roll, build, play):
    env = build(name, seed=2)
    solved = sum(reward for _, reward, *_ in play(name, env, 60))
    random = sum(step[1] for step in roll(env, 60))
    assert solved > 2 * random + 60
    assert max(reward for _, reward, *_ in play(name, env, 60)) == 6.0


def test_a_cube_on_another_counts_only_when_it_is_let_go_and_still(build, live, play):
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
def test_success_is_the_published_rule(name, rule, build, live, play):
    seen = set()
    for *_, info in play(name, build(name, seed=9), 60):
        assert info["success"] is bool(rule(live(name, info["scene"])))
        seen.add(info["success"])
    assert seen == {True, False}


def test_cubes_and_goals_begin_where_they_are_said_to(build, live):
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
def test_its_library_program_pays_for_solving_it(name, build, play, rewards_of):
    made = task(f"tabletop/{name}")
    page = Path(rewardlab.__file__).parent / "prompts/library/tabletop" / f"{name}.yaml"
    program = RewardProgram(yaml.safe_load(page.read_text())["source"], made.id, made.goal)
    env, rng = build(name, seed=5, native_reward=False), np.random.default_rng(0)
    solving = [info for *_, info in play(name, env, 60)]
    env.reset()
    chance = [env.step(rng.uniform(-1, 1, 7))[4] for _ in range(60)]
    good, bad = rewards_of(program, made.scene, solving, chance)
    assert good.sum() > 2 * bad.sum()
    solved = np.array([info["success"] for info in solving])
    assert good[solved].min() > good[~solved].max()
    assert np.abs(good).max() < 20
