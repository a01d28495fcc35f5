import numpy as np
import pytest

from rewardlab.errors import ConfigError
from rewardlab.program.predicate import predicate_program
from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker
from tests.program.arm import SCENE


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        (
            "ant.torso.position_z > 1.0 and time > 2",
            "self.ant.torso.position_z > 1.0 and self.time > 2",
        ),
        ("self.ant.torso.position_z > 1.0", "self.ant.torso.position_z > 1.0"),
        ("robot.in_contact", "self.robot.in_contact"),
        ("not robot.in_contact or time > 1", "not self.robot.in_contact or self.time > 1"),
        ("(time > 1) & (time < 2)", "(self.time > 1) & (self.time < 2)"),
        ("previous.robot.in_contact", "self.previous.robot.in_contact"),
        ("(obj1.position > 0).all()", "(self.obj1.position > 0).all()"),
        ("initial.obs[0] < obs[0]", "self.initial.obs[0] < self.obs[0]"),
        (
            "all(robot > 0 for robot in goal_position)",
            "all((robot > 0 for robot in self.goal_position))",
        ),
        (
            "np.linalg.norm(obj1.position -\n    goal_position) < 0.05",
            "np.linalg.norm(self.obj1.position - self.goal_position) < 0.05",
        ),
    ],
)
def test_members_are_found_with_or_without_self(schema, expression, condition):
    program = predicate_program(expression, schema, "gym/Ant-v5")
    assert program.source.splitlines()[1] == f"    return 1.0 if ({condition}) else 0.0"
    assert (program.task_id, program.origin) == ("gym/Ant-v5", "predicate")
    assert read(program.source, schema).ok


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("ant.torso.position_y > 1", "did you mean position_z"),
        ("torso.position_z > 1", "name 'torso' is not defined"),
        ("open('x')", "not available"),
        ("ant.__class__", "private"),
        ("x = 3", "no expression"),
        ("1; 2", "no expression"),
        ("", "no expression"),
        ("time >", "invalid syntax"),
        ("(" * 90, "brackets"),
        ("1 if (yield) else 0", "yield"),
        ("np.nan", "np.nan is not true or false"),
        ("time", "self.time is not true or false; compare it with a number"),
        ("robot", "not true or false"),
        ("obj1.position[2]", "self.obj1.position[2] > 0.5"),
        ("time > 1 and robot.gripper_openness", "self.robot.gripper_openness is not"),
        ("1.0 if time > 1 else np.nan", "np.nan is not true or false"),
        ("~(time > 1)", "not true or false"),
        ("time == 0x" + "f" * 5_000, "too long; use a float"),
    ],
)
def test_a_fault_is_one_line_that_says_what(schema, expression, words):
    with pytest.raises(ConfigError, match="success predicate") as caught:
        predicate_program(expression, schema)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_predicate_is_true_where_it_says(schema):
    program = predicate_program("time > 2 and robot.in_contact", schema)
    rows = np.zeros((3, schema.row_size))
    rows[:, 3 * schema.size] = [1.0, 3.0, 3.0]
    rows[:2, schema.layout["robot.in_contact"].start] = 1.0
    worker = RewardWorker(program.source, schema)
    try:
        assert worker.evaluate(rows).reward.tolist() == [0.0, 1.0, 0.0]
    finally:
        worker.close()


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        (
            "cubeA.check_static() and not robot.check_grasp(cubeA, max_angle=30)",
            "self.cubeA.check_static() and (not self.robot.check_grasp(self.cubeA, max_angle=30))",
        ),
        ("previous.cubeA.check_static()", "self.previous.cubeA.check_static()"),
        ("cubeA.pose.p[2] > 0.2", "self.cubeA.pose.p[2] > 0.2"),
    ],
)
def test_questions_and_poses_may_decide(expression, condition):
    source = predicate_program(expression, SCENE).source
    assert source.splitlines()[1] == f"    return 1.0 if ({condition}) else 0.0"


@pytest.mark.parametrize(
    "expression", ["cubeA.check_static", "robot.get_ee_coords()", "cubeA.pose", "cubeA.pose.p"]
)
def test_what_poses_and_methods_give_is_no_condition(expression):
    with pytest.raises(ConfigError, match="success predicate"):
        predicate_program(expression, SCENE)
