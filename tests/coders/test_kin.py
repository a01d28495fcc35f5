import ast

import pytest

from rewardlab.coders.kin import absent, akin
from rewardlab.coders.library import reference
from rewardlab.envs.tasks import SUITES, task
from rewardlab.program.reading import read

needs_tabletop = pytest.mark.skipif(
    not SUITES["tabletop"].available, reason="its simulator is not installed"
)
SOURCES = {entry.task_id: entry.source for entry in reference()}
TABLETOP = sorted(id for id in SOURCES if id.startswith("tabletop/"))


def lacking(example, asked, source=None):
    return absent(source or SOURCES[example], task(example).scene, task(asked).scene)


@needs_tabletop
@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("tabletop/lift-cube", "tabletop/turn-faucet", True),
        ("tabletop/lift-cube", "tabletop/push-chair", True),
        ("fetch/reach", "fetch/push", True),
        ("fetch/push", "tabletop/pick-cube", False),
        ("locomotion/ant-forward", "locomotion/ant-lie-down", True),
        ("locomotion/ant-forward", "locomotion/hopper-forward", False),
        ("gym/Pendulum-v1", "gym/Pendulum-v1", False),
    ],
)
def test_robots_of_one_family_are_akin(a, b, same):
    assert akin(task(a).scene, task(b).scene) is same
    assert akin(task(b).scene, task(a).scene) is same


@needs_tabletop
@pytest.mark.parametrize(
    ("example", "asked", "names"),
    [
        ("pick-cube", "stack-cube", ("self.goal_position",)),
        ("stack-cube", "pick-cube", ("self.cubeB",)),
        ("turn-faucet", "open-cabinet-door", ("self.faucet",)),
        ("push-chair", "open-cabinet-door", ("self.chair", "self.target_xy")),
    ],
)
def test_what_the_asked_scene_lacks_is_named_by_its_path(example, asked, names):
    """The chair's program reads its scene by another name, in a function beside the main one."""
    assert lacking(f"tabletop/{example}", f"tabletop/{asked}") == names


@needs_tabletop
@pytest.mark.parametrize("asked", TABLETOP)
@pytest.mark.parametrize("example", TABLETOP)
def test_all_that_is_refused_is_named(example, asked):
    findings = read(SOURCES[example], task(asked).scene).findings
    names = {path.rpartition(".")[2] for path in lacking(example, asked)}
    assert names == {f.message.split("'")[-2] for f in findings if f.severity == "error"}


@needs_tabletop
@pytest.mark.parametrize(
    "fault",
    [
        "self.goal_height",  # neither scene has it
        "np.save('x', self.goal_position)",
        "undefined",
        "np.sum(self.cubeB.pose)",  # only the asked scene has it
        "self.robot.ee_pose.x",
    ],
)
def test_a_program_that_has_other_faults_is_not_akin(fault):
    source = (
        "def compute_dense_reward(self, action):\n"
        "    return -np.linalg.norm(self.goal_position - self.cubeA.pose.p)\n"
    )
    assert lacking("tabletop/pick-cube", "tabletop/stack-cube", source) == ("self.goal_position",)
    source = source.replace("    return", f"    x = {fault}\n    return")
    ast.parse(source)
    assert lacking("tabletop/pick-cube", "tabletop/stack-cube", source) == ()


@needs_tabletop
def test_a_program_that_reads_as_valid_lacks_nothing():
    assert lacking("tabletop/open-cabinet-door", "tabletop/open-cabinet-drawer") == ()
