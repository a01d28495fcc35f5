"""ManiSkill's own environments: listed without the package, tried without visuals where it is."""

import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

import rewardlab
from rewardlab.envs.maniskill import build
from rewardlab.envs.maniskill.table import TASKS
from rewardlab.envs.tasks import task, tasks
from rewardlab.errors import ConfigError, MissingExtra, RenderError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.facade import facade

INSTALLED = find_spec("mani_skill") is not None
needed = pytest.mark.skipif(
    not INSTALLED, reason="the extra rewardlab[maniskill] is not installed; no CI rests on it"
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its numpy and logging


@cache
def without_visuals(name):
    return build(name, visuals=False).make_env(seed=0)


def live(name, row):
    made = facade(build(name).scene)
    made.buffer[:] = row
    return made.scene


@pytest.mark.skipif(INSTALLED, reason="the extra rewardlab[maniskill] is installed")
def test_without_the_package_they_are_listed_with_what_is_missing():
    found = [entry for entry in tasks() if entry.suite == "maniskill"]
    assert {entry.id for entry in found} == {f"maniskill/{name}" for name in TASKS}
    assert {(entry.available, entry.extra) for entry in found} == {(False, "maniskill")}
    with pytest.raises(MissingExtra, match=r"rewardlab\[maniskill\]"):
        task("maniskill/PickCube-v1")


@pytest.mark.parametrize("name", ["PickCube-v1", "StackCube-v1"])
def test_its_cubes_have_the_very_scene_of_the_tabletop_ones(name):
    twin = {"PickCube-v1": "tabletop/pick-cube", "StackCube-v1": "tabletop/stack-cube"}[name]
    theirs, ours = build(name).scene, task(twin).scene
    assert theirs.root.name == ours.root.name
    assert [*theirs.layout] == [*ours.layout]
    assert theirs.action == ours.action
    assert theirs.dt == ours.dt


@pytest.mark.parametrize("name", TASKS)
def test_describing_says_what_the_mode_without_visuals_is(name):
    plain, inert = build(name).describe(), build(name, visuals=False).describe()
    assert "not for training" in inert
    assert "visuals" not in plain
    assert build(name, visuals=False).options == {"visuals": False}
    assert build(name).options == {}


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"horizon": "long"}, {"visuals": "no"}])
def test_a_wrong_option_is_refused(wrong):
    with pytest.raises(ConfigError, match="give"):
        build("PickCube-v1", **wrong)


def test_pictures_without_visuals_are_refused():
    with pytest.raises(RenderError, match="draws no pictures"):
        build("PickCube-v1", visuals=False).make_env(render_mode="rgb_array")


@needed
@pytest.mark.parametrize("name", TASKS)
def test_the_scene_is_what_the_simulator_does(name, roll, check_members):
    env = without_visuals(name)
    for obs, reward, terminated, _, info in roll(env, 40):
        check_members(env.schema, info["scene"])
        scene = live(name, info["scene"])
        assert env.observation_space.contains(obs)
        assert np.array_equal(scene.obs, obs)
        assert not terminated
        assert 0.0 <= reward <= TASKS[name].best
    inner, row = env.unwrapped, TASKS[name]
    agent = inner.agent
    assert scene.robot.qpos == pytest.approx(agent.robot.get_qpos()[0, :7].numpy(), abs=1e-6)
    assert scene.robot.ee_pose.p == pytest.approx(agent.tcp.pose.p[0].numpy(), abs=1e-6)
    for path, thing in row.things.items():
        actor, seen = getattr(inner, thing), getattr(scene, path)
        assert seen.pose.p == pytest.approx(actor.pose.p[0].numpy(), abs=1e-6)
        assert seen.pose.q == pytest.approx(actor.pose.q[0].numpy(), abs=1e-6)
        assert seen.velocity == pytest.approx(actor.linear_velocity[0].numpy(), abs=1e-6)
    fingers = (scene.robot.lfinger, scene.robot.rfinger)
    across = fingers[0].pose.to_transformation_matrix()[:3, 1]
    assert across @ fingers[1].pose.to_transformation_matrix()[:3, 1] == pytest.approx(-1, abs=1e-4)


@needed
@pytest.mark.parametrize("name", TASKS)
def test_a_seed_fixes_the_episodes(name):
    env = without_visuals(name)
    first = [env.reset(seed=4)[1]["scene"], env.reset()[1]["scene"]]
    again = [env.reset(seed=4)[1]["scene"], env.reset()[1]["scene"]]
    assert np.array_equal(first, again)
    assert not np.array_equal(*first)


@needed
def test_a_cube_put_at_its_goal_counts_and_does_not_end_the_episode():
    from sapien import Pose

    env = without_visuals("PickCube-v1")
    env.reset(seed=1)
    inner = env.unwrapped
    assert env.step(np.zeros(7))[4]["success"] is False
    inner.goal_site.set_pose(Pose(p=inner.cube.pose.p[0].numpy()))
    _, reward, terminated, _, info = env.step(np.zeros(7))
    assert info["success"] is True
    assert (terminated, reward) == (False, 5.0)


@needed
def test_a_cube_that_is_grasped_is_felt_as_the_robot_itself_feels_it():
    env, felt = without_visuals("PickCube-v1"), []
    env.reset(seed=3)
    agent, cube = env.unwrapped.agent, env.unwrapped.cube
    for step in range(45):
        apart = (cube.pose.p - agent.tcp.pose.p)[0].numpy()
        apart[2] += 0.08 if step < 12 else 0.0
        move = np.clip(10.0 * apart, -1.0, 1.0) if step < 35 else np.array([0.0, 0.0, 1.0])
        gripper = 1.0 if step < 28 else -1.0
        *_, info = env.step(np.array([*move, 0.0, 0.0, 0.0, gripper]))
        scene = live("PickCube-v1", info["scene"])
        felt.append(scene.robot.check_grasp(scene.cubeA))
        if bool(agent.is_grasping(cube)):  # from half a newton on
            assert felt[-1]
    assert not any(felt[:20])
    assert all(felt[-3:])
    assert scene.cubeA.pose.p[2] > 0.05
    assert not scene.robot.check_grasp(scene.cubeA, max_angle=0)


@needed
@pytest.mark.parametrize(
    ("name", "twin"), [("PickCube-v1", "pick-cube"), ("StackCube-v1", "stack-cube")]
)
def test_the_library_programs_of_the_tabletop_tasks_are_valid_here(name, twin):
    from rewardlab.design.validate import validate

    made = build(name, visuals=False)
    page = Path(rewardlab.__file__).parent / "prompts/library/tabletop" / f"{twin}.yaml"
    program = RewardProgram(yaml.safe_load(page.read_text())["source"], made.id, made.goal)
    assert validate(program, made).ok


@needed
def test_without_vulkan_the_error_says_what_to_do():
    code = (
        "from rewardlab.envs.tasks import task\n"
        "from rewardlab.errors import RenderError\n"
        "try:\n    task('maniskill/PickCube-v1').make_env(seed=0)\n"
        "except RenderError as error:\n    print(error)\n"
        "else:\n    print('Vulkan works')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if "Vulkan works" in done.stdout:
        pytest.skip("Vulkan works here")
    assert "needs Vulkan" in done.stdout
    assert "visuals=False" in done.stdout
    assert done.stdout.count("\n") == 1
