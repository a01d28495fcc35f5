"""Something unknown is looked for where it may stand: deeper, by another name, in another part."""

import pytest

from rewardlab.envs.tasks import task
from rewardlab.program.reading import read
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec
from tests.program.arm import SCENE

HEAD = "def compute_dense_reward(self, action):\n    "
SITES = Schema(
    EntitySpec(
        "World",
        "Sites.",
        (),
        (
            PartSpec(
                "sites",
                EntitySpec("Sites", "Points.", (FieldSpec("tip", "a point", "array", (3,), "m"),)),
            ),
        ),
    ),
    ActionSpec(2),
    0.1,
)


def hint(expression, schema=SCENE, head=HEAD):
    (finding,) = read(f"{head}return float({expression})", schema).findings
    assert finding.code == "UnknownAttribute"
    return finding.hint


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("self.cube_position[0]", "self.cubeA.pose.p?"),
        ("self.cubeA.position[0]", "self.cubeA.pose.p?"),
        ("self.cubeA.quaternion[0]", "self.cubeA.pose.q?"),
        ("self.robot.ee_pose.position[0]", "self.robot.ee_pose.p?"),
        ("self.robot.ee_pose.orientation[0]", "self.robot.ee_pose.q?"),
        ("self.robot.ee_position[0]", "self.robot.ee_pose.p?"),
        ("self.robot.tcp.pose.p[0]", "self.robot.ee_pose?"),
        ("self.robot.end_effector_position[0]", "self.robot.ee_pose.p?"),
        ("self.elapsed_steps", "self.time?"),
        ("self.panda.gripper_openness", "self.robot?"),
        ("self.cubeA.pose.x", "self.cubeA.pose.p[0]?"),
        ("self.cubeA.is_grasped", "self.robot.check_grasp(self.cubeA)?"),
        ("self.cubeA.is_static()", "check_static?"),
        ("self.handle_qpos", "self.handle.qpos"),
        ("self.gripper_openness", "self.robot.gripper_openness?"),
    ],
)
def test_it_is_found(expression, meant):
    assert f"did you mean {meant}" in hint(expression)


def test_one_level_deeper():
    assert "did you mean self.sites.tip?" in hint("self.tip[0]", SITES)


def test_by_the_names_that_the_program_has():
    head = "def compute_dense_reward(env, action):\n    cube = env.cubeA\n    "
    assert "did you mean cube.pose.p?" in hint("cube.position[0]", head=head)
    assert "did you mean env.robot.check_grasp(cube)?" in hint("cube.is_grasped", head=head)


@pytest.mark.parametrize(
    ("name", "expression", "meant"),
    [
        ("lift-cube", "self.is_grasped", "self.robot.check_grasp(self.cubeA)?"),
        ("lift-cube", "self.robot.lfinger.is_grasping", "self.robot.check_grasp(self.cubeA)?"),
        ("stack-cube", "self.cubeB.is_grasped", "self.robot.check_grasp(self.cubeB)?"),
        (
            "turn-faucet",
            "self.faucet.is_grasped",
            "self.robot.check_grasp(self.faucet.handle)?",
        ),
        (
            "lift-cube",
            "self.previous.is_grasped",
            "self.previous.robot.check_grasp(self.previous.cubeA)?",
        ),
    ],
)
def test_a_grasp_is_asked_of_what_the_gripper_can_hold(name, expression, meant):
    assert f"did you mean {meant}" in hint(expression, task(f"tabletop/{name}").scene)


@pytest.mark.parametrize(
    ("name", "expression", "meant"),
    [
        ("lift-cube", "self.robot.gripper_pose.p[0]", "self.robot.ee_pose?"),
        ("lift-cube", "self.robot.hand.pose.p[0]", "self.robot.ee_pose?"),
        ("lift-cube", "self.obj.pose.p[0]", "self.cubeA?"),
        ("lift-cube", "self.cubeA.linear_velocity[0]", "self.cubeA.velocity?"),
        ("turn-faucet", "self.target_link.qpos", "self.faucet.handle?"),
        ("open-cabinet-door", "self.cabinet.door.qpos", "self.cabinet.handle?"),
        ("open-cabinet-door", "self.robot.base_pose.p[0]", "self.robot.base_position?"),
        ("push-chair", "self.target_position[0]", "self.target_xy?"),
    ],
)
def test_names_of_other_simulators_are_known(name, expression, meant):
    assert f"did you mean {meant}" in hint(expression, task(f"tabletop/{name}").scene)


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("self.cubeA_init_pos[2]", "self.initial.cubeA.pose.p?"),
        ("self.init_cube_pos[2]", "self.initial.cubeA.pose.p?"),
        ("self.cubeA.initial_position[2]", "self.initial.cubeA.pose.p?"),
        ("self.robot.prev_ee_pos[2]", "self.previous.robot.ee_pose.p?"),
        ("self.prev_distance", "self.previous?"),
    ],
)
def test_what_a_program_would_remember_is_in_the_past(expression, meant):
    assert f"did you mean {meant}" in hint(expression, task("tabletop/lift-cube").scene)


def test_what_is_like_nothing_is_not_guessed():
    for name in ("temperature", "unknown_thing_0.position_of_it", "is_success", "goal_height"):
        assert "self." not in hint(f"self.{name}")


def test_a_function_that_must_be_imported_is_named():
    (finding,) = read(f"{HEAD}return float(quat2euler(self.cubeA.pose.q)[0])", SCENE).findings
    assert finding.hint == "write from transforms3d.euler import quat2euler"
