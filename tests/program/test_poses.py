"""Reading knows poses, lists of poses and methods: what they give, and how they are misused."""

from typing import NamedTuple

import pytest

from rewardlab.program.finding import CODES
from rewardlab.program.reading import read
from tests.program.arm import SCENE

HEAD = "def compute_dense_reward(self, action):\n    "
GRASPS = "self.handle.target_grasp_poses"


def findings(body, head=HEAD):
    return read(head + body, SCENE).findings


GOOD = [
    "return float(self.cubeA.pose.p[2] + self.robot.ee_pose.q[0])",
    "return float((self.cubeA.pose.inv() * self.robot.ee_pose).p[0])",
    "return float(self.cubeA.pose.to_transformation_matrix()[2, 2])",
    "return 1.0 * self.robot.check_grasp(self.cubeA, max_angle=30)",
    "return 1.0 * self.robot.check_grasp(self.previous.cubeA, 30)",
    "return 1.0 * self.robot.check_grasp(obj=self.handle)",
    "return self.cubeA.check_static() * 1.0",
    "return float(np.min(cdist(self.robot.get_ee_coords(), self.handle.get_world_pcd())))",
    "return float(np.max(self.handle.local_sdf(self.robot.get_ee_coords())))",
    "p = self.cubeA.pose.p\n    p += 1.0\n    p[0] = 2.0\n    return float(p[0])",
    "x = self.robot.get_ee_coords()\n    x -= 1.0\n    return float(x[0, 0])",
    f"return min(angle_distance(g * self.handle.pose, self.robot.ee_pose) for g in {GRASPS})",
    f"return float(sum(g.p[0] for g in {GRASPS}[:1]) + len({GRASPS}))",
    f"poses = {GRASPS}\n    poses.append(poses[0])\n    return float(poses[-1].p[0])",
    f"x = 0.0\n    for i, g in enumerate({GRASPS}):\n        x += i * g.p[0]\n    return x",
    f"best = None\n    for g in {GRASPS}:\n        best = g * self.handle.pose\n"
    "    return float(best.p[0])",
    f"ds = [np.linalg.norm(g.p) for g in {GRASPS}]\n    return float(min(ds))",
    f"return float(min({GRASPS}, key=lambda g: g.p[0]).p[0])",
    "made = Pose([0.0, 0.0, 0.1])\n    return float((made * self.cubeA.pose).p[2])",
    "made = ObjectPose(p=self.goal_position, q=[1, 0, 0, 0])\n    return float(made.p[2])",
    "pose = Pose()\n    pose *= self.cubeA.pose\n    return float(pose.p[2])",
    "still = lambda thing: thing.check_static()\n    return 1.0 * still(self.cubeA)",
    "if hasattr(self.cubeA, 'check_static') and hasattr(self.cubeA.pose, 'q'):\n"
    "        return 1.0\n    return 0.0",
    "return 1.0 * getattr(self.robot, 'check_grasp')(self.cubeA)",
    "return float(getattr(self.cubeA, 'position', self.cubeA.pose.p)[0])",
    "return float(isinstance(self.cubeA.pose, Pose))",
]


@pytest.mark.parametrize("body", GOOD)
def test_what_poses_and_methods_are_for(body):
    assert findings(body) == ()


def test_helpers_may_take_poses_and_parts():
    head = (
        "ABOVE = Pose([0.0, 0.0, 0.1])\n\n\n"
        "def height(pose, above=ABOVE):\n    return (above * pose).p[2]\n\n\n"
        "def held(robot, thing):\n    return robot.check_grasp(thing)\n\n\n"
    )
    body = "return float(height(self.cubeA.pose) + held(self.robot, self.cubeA))"
    assert findings(body, head + HEAD) == ()


class Case(NamedTuple):
    """What a body is refused for."""

    body: str
    code: str
    message: str
    remedy: str


BAD = [
    Case(
        "return float(self.cubeA.check_static)",
        "UnknownAttribute",
        "self.cubeA.check_static is a method, not a value",
        "call it: self.cubeA.check_static()",
    ),
    Case(
        "ask = self.robot.check_grasp\n    return 1.0 * ask(self.cubeA)",
        "UnknownAttribute",
        "is a method, not a value",
        "call it",
    ),
    Case(
        "still = lambda thing: thing.check_static\n    return 1.0 * still(self.cubeA)",
        "UnknownAttribute",
        "thing.check_static is a method, not a value",
        "call it: thing.check_static()",
    ),
    Case(
        "ask = (self.robot if self.time > 1 else action).check_grasp\n    return 1.0",
        "UnknownAttribute",
        "is a method, not a value",
        "call it",
    ),
    Case(
        "return float([self.cubeA][0].check_static)",
        "UnknownAttribute",
        "is a method, not a value",
        "call it",
    ),
    Case(
        "return float(self.robot.check_grasp.real)",
        "UnknownAttribute",
        "self.robot.check_grasp is a method and has no 'real'",
        "call it",
    ),
    Case(
        "return float(self.cubeA.pose().p[0])",
        "UnknownAttribute",
        "self.cubeA.pose is a value, not a method",
        "without parentheses",
    ),
    Case(
        "return float(self.cubeA.pose.p()[0])",
        "UnknownAttribute",
        "self.cubeA.pose.p is a value, not a method",
        "without parentheses",
    ),
    Case(
        "return float(self.cubeA.pose.to_transformation_matrix[2, 2])",
        "UnknownAttribute",
        "is a method, not a value",
        "call it: self.cubeA.pose.to_transformation_matrix()",
    ),
    Case(
        "return float(self.cubeA.pose[2])",
        "UnknownAttribute",
        "self.cubeA.pose is an ObjectPose, not a number",
        "use self.cubeA.pose.p, its position",
    ),
    Case(
        "return np.linalg.norm(self.cubeA.pose)",
        "UnknownAttribute",
        "is an ObjectPose, not a number",
        "self.cubeA.pose.p",
    ),
    Case(
        "return float(np.sum(self.goal_position - self.cubeA.pose))",
        "UnknownAttribute",
        "is an ObjectPose, not a number",
        "self.cubeA.pose.p",
    ),
    Case(
        "x = self.cubeA.pose * self.goal_position\n    return float(x.p[0])",
        "UnknownAttribute",
        "only another pose can be multiplied",
        "transform_points(self.cubeA.pose.to_transformation_matrix(), points)",
    ),
    Case(
        "return float((self.cubeA.pose * 2).p[0])",
        "UnknownAttribute",
        "only another pose can be multiplied",
        "transform_points",
    ),
    Case(
        "return float(self.handle.target_grasp_poses.p[0])",
        "UnknownAttribute",
        "is a list of poses and has no 'p'",
        "self.handle.target_grasp_poses[0].p",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp()",
        "UnknownAttribute",
        "self.robot.check_grasp needs obj",
        "write self.robot.check_grasp(obj, max_angle=85)",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.cubeA, angle=30)",
        "UnknownAttribute",
        "takes no 'angle'",
        "did you mean max_angle?",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.cubeA, obj=self.cubeA)",
        "UnknownAttribute",
        "gets obj twice",
        "write self.robot.check_grasp(obj, max_angle=85)",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.cubeA, 30, 1)",
        "UnknownAttribute",
        "takes 2 arguments, not 3",
        "write self.robot.check_grasp(obj, max_angle=85)",
    ),
    Case(
        "return 1.0 * self.cubeA.check_static(1e-3)",
        "UnknownAttribute",
        "takes no arguments, not 1",
        "write self.cubeA.check_static()",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.cubeA.pose)",
        "UnknownAttribute",
        "check_grasp takes what the gripper can hold as obj",
        "pass self.cubeA or self.handle",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp('cubeA')",
        "UnknownAttribute",
        "takes what the gripper can hold",
        "self.cubeA",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.robot)",
        "UnknownAttribute",
        "takes what the gripper can hold",
        "pass self.cubeA or self.handle",
    ),
    Case(
        "return float(self.handle.local_sdf(self.robot.ee_pose)[0])",
        "UnknownAttribute",
        "local_sdf takes an array as positions",
        "self.robot.ee_pose is none",
    ),
    Case(
        "return 1.0 * self.robot.check_grasp(self.cubeA, self.handle)",
        "UnknownAttribute",
        "check_grasp takes a number as max_angle",
        "self.handle is none",
    ),
    Case(
        "self.cubeA.pose.p[2] += 1.0\n    return 1.0",
        "StateMutation",
        "self.cubeA.pose.p cannot be changed",
        "self.cubeA.pose.p.copy()",
    ),
    Case(
        "pose = self.cubeA.pose\n    pose.p[2] = 1.0\n    return 1.0",
        "StateMutation",
        "pose.p cannot be changed",
        "pose.p.copy()",
    ),
    Case(
        "pose = self.cubeA.pose\n    pose.p = self.goal_position\n    return 1.0",
        "StateMutation",
        "pose cannot be changed: a pose is a value",
        "ObjectPose(p, q)",
    ),
    Case(
        "pose = self.cubeA.pose\n    pose[0] = 1.0\n    return 1.0",
        "StateMutation",
        "a pose is a value",
        "ObjectPose(p, q)",
    ),
    Case(
        "self.cubeA.pose = Pose()\n    return 1.0",
        "StateMutation",
        "self.cubeA.pose cannot be changed",
        "",
    ),
    Case(
        "self.robot.get_ee_coords()[0] = 0.0\n    return 1.0",
        "StateMutation",
        "self.robot.get_ee_coords() cannot be changed",
        "take a copy",
    ),
    Case(
        "self.handle.target_grasp_poses.append(Pose())\n    return 1.0",
        "StateMutation",
        "self.handle.target_grasp_poses cannot be changed",
        "take a copy",
    ),
    Case("return float(self.cubeA._grasp[0])", "ForbiddenAttribute", "'_grasp' is private", ""),
    Case(
        "return float(getattr(self.cubeA, '_grasp')[0])", "ForbiddenAttribute", "literal name", ""
    ),
    Case("return float(Pose(z=1.0).p[0])", "ForbiddenAttribute", "Pose takes no 'z'", ""),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.body)
def test_what_they_are_not_for(case):
    found = [f for f in findings(case.body) if f.code == case.code and case.message in f.message]
    assert len(found) == 1, findings(case.body)
    assert case.remedy in found[0].hint
    assert CODES[case.code].severity == "error"


def test_hidden_fields_are_never_suggested():
    for name in ("grasp", "_grasp", "cloud", "ee_coords", "grasps"):
        for part in ("cubeA", "handle", "robot"):
            text = " ".join(str(f) for f in findings(f"return float(self.{part}.{name})"))
            assert "UnknownAttribute" in text or "private" in text
            assert not any(f" {n}" in text for n in ("_grasp?", "_cloud?", "_ee_coords?"))
            members = text.partition("members:")[2].replace(",", " ").split()
            assert not {"_grasp", "_cloud", "_ee_coords"} & {*members}


SMUGGLED = [
    "KEPT = [Pose()]\n",
    "KEPT = {'last': Pose()}\n",
    "KEPT = list((Pose(),))\n",
]


@pytest.mark.parametrize("made", SMUGGLED)
def test_a_list_of_poses_outside_is_no_memory(made):
    key = "'last'" if "last" in made else "0"
    for body in (
        f"KEPT[{key}] = self.cubeA.pose\n    return 1.0",
        f"x = KEPT\n    x[{key}] = self.cubeA.pose\n    return 1.0",
    ):
        codes = [f.code for f in findings(body, made + HEAD)]
        assert codes == ["StatefulReward"]


def test_a_pose_outside_cannot_be_changed():
    for body in ("KEPT.p[0] = 1.0", "KEPT.p = action[:3]", "KEPT[0] = 1.0"):
        found = findings(f"{body}\n    return 1.0", "KEPT = Pose()\n" + HEAD)
        assert [f.code for f in found] in (["StateMutation"], ["StatefulReward"])
