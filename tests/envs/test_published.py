"""What was published of the 24 tasks, and of stack-cube, is what ours say: words and numbers.

The numbers are written here a second time, after the paper and its simulators, so that a slip in
the tasks' own tables does not pass because texts and rules follow it alike.
"""

import math
from itertools import pairwise

import mujoco
import pytest

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.locomotion.flips import Flip
from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.predicates import HeldSpeed
from rewardlab.envs.locomotion.waving import Waving
from rewardlab.envs.tasks import task, tasks

OURS = "The goal sentence is our own, none was published for this task."
CABINET = (
    "A single-arm mobile robot needs to open a cabinet {0}. The task is finished when qpos of "
    "cabinet {0} is larger than target qpos."
)
GOALS = {
    "metaworld/window-open": "Push and open a sliding window by its handle.",
    "metaworld/window-close": "Push and close a sliding window by its handle.",
    "metaworld/door-close": "Close a door with a revolving joint by pushing door's handle.",
    "metaworld/drawer-open": "Open a drawer by its handle.",
    "metaworld/drawer-close": "Close a drawer by its handle.",
    "metaworld/door-unlock": "Unlock the door by rotating the lock counter-clockwise.",
    "metaworld/sweep-into": "Sweep a puck from the initial position into a hole.",
    "metaworld/button-press": "Press a button in y coordination.",
    "metaworld/handle-press": "Press a handle down.",
    "metaworld/handle-press-side": "Press a handle down sideways.",
    "tabletop/lift-cube": "Pick up cube A and lift it up by 0.2 meter.",
    "tabletop/pick-cube": "Pick up cube A and move it to the 3D goal position.",
    "tabletop/stack-cube": (
        "Pick up cube A and place it on cube B. The task is finished when cube A is on top of "
        "cube B stably (i.e. cube A is static) and isn't grasped by the gripper."
    ),
    "tabletop/turn-faucet": (
        "Turn on a faucet by rotating its handle. The task is finished when qpos of faucet "
        "handle is larger than target qpos."
    ),
    "tabletop/open-cabinet-door": CABINET.format("door"),
    "tabletop/open-cabinet-drawer": CABINET.format("drawer"),
    "tabletop/push-chair": (
        "A dual-arm mobile robot needs to push a swivel chair to a target location on the ground "
        "and prevent it from falling over."
    ),
    "locomotion/ant-lie-down": "Control the Ant to lie down.",
}
OWN = [
    "metaworld/handle-pull",
    *(f"locomotion/hopper-{name}" for name in ("forward", "front-flip", "back-flip")),
    *(f"locomotion/ant-{name}" for name in ("forward", "wave-leg")),
]


def made(id):
    if not next(entry.available for entry in tasks() if entry.id == id):
        pytest.skip(f"{id} is not there")
    return task(id)


@pytest.mark.parametrize("id", GOALS)
def test_published_goals_are_quoted(id):
    assert made(id).goal == GOALS[id]
    assert OURS not in made(id).describe()


@pytest.mark.parametrize("id", OWN)
def test_goals_of_our_own_are_said_to_be(id):
    assert OURS in made(id).describe()


@pytest.mark.parametrize(
    ("name", "horizon", "entries"),
    [
        ("lift-cube", 100, 7),
        ("pick-cube", 100, 7),
        ("stack-cube", 200, 7),
        ("turn-faucet", 200, 7),
        ("open-cabinet-door", 200, 11),
        ("open-cabinet-drawer", 200, 11),
        ("push-chair", 200, 18),
    ],
)
def test_tabletop_tasks_have_the_published_horizon_and_action(name, horizon, entries):
    found = task(f"tabletop/{name}")
    assert (found.horizon, found.scene.action.size) == (horizon, entries)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("hopper-forward", HeldSpeed("hopper", "top", speed=0.5, seconds=5, min_height=0.7)),
        ("hopper-front-flip", Flip(+1, turns=1, air_turn=3.14, max_pitch=0.5, land_seconds=0.25)),
        ("hopper-back-flip", Flip(-1, turns=1, air_turn=3.14, max_pitch=0.5, land_seconds=0.25)),
        ("ant-forward", HeldSpeed("ant", speed=0.5, seconds=10, min_up=0.3)),
        ("ant-lie-down", Lying(seconds=1, min_up=0.9, max_height=0.42, max_speed=0.1)),
        (
            "ant-wave-leg",
            Waving(seconds=5, air=0.8, swing=0.5, reversals=3, down=0.8, max_drift=0.5, min_up=0.8),
        ),
    ],
)
def test_behaviours_are_done_at_the_thresholds_that_were_settled(name, rule):
    assert next(b for b in BEHAVIOURS if b.name == name).rule == rule


def test_a_cube_is_still_up_to_the_published_speeds():
    for name in ("lift-cube", "pick-cube", "stack-cube"):
        parts = {part.name: part.entity for part in task(f"tabletop/{name}").scene.root.parts}
        for cube in parts.keys() - {"robot"}:
            assert dict(parts[cube].constants)["static"] == (1e-3, 1e-2)


@pytest.mark.parametrize("offset", [(0, 0), (1, 0), (0, 1), (0.6, -0.8)])
def test_a_cube_is_on_another_up_to_the_published_distances(offset):
    """33.3 mm aside, 5 mm higher or lower than a cube's edge."""
    env = task("tabletop/stack-cube").make_env(seed=3)
    env.reset()
    stack, reach = env.unwrapped, math.hypot(0.02, 0.02) + 0.005

    def on_top(aside, higher):
        x, y, z = stack.base
        stack.cube[:] = x + aside * offset[0], y + aside * offset[1], z + 0.04 + higher
        return stack.on_top

    assert [on_top(reach - 1e-4, dz) for dz in (-0.0051, -0.0049, 0.0049, 0.0051)] == [
        False,
        True,
        True,
        False,
    ]
    assert on_top(reach + 1e-4, 0.0) is (offset == (0, 0))
    env.close()


@pytest.mark.parametrize(
    ("speed", "rate", "still"), [(9e-4, 9e-3, True), (1.1e-3, 0.0, False), (0.0, 1.1e-2, False)]
)
@pytest.mark.parametrize("held", [True, False])
def test_a_stack_counts_only_let_go_and_still(speed, rate, still, held):
    """A cube laid on another by hand, for no robot holds one there and is still by chance."""
    env = task("tabletop/stack-cube").make_env(seed=3)
    env.reset()
    stack, data = env.unwrapped, env.unwrapped.data
    lower = data.joint("cubeB").qpos
    data.joint("cubeA").qpos[:] = (*lower[:2], lower[2] + 0.04, 1.0, 0.0, 0.0, 0.0)
    data.joint("cubeA").qvel[:] = speed, 0.0, 0.0, 0.0, 0.0, rate
    mujoco.mj_kinematics(stack.model, data)
    mujoco.mj_comPos(stack.model, data)
    mujoco.mj_comVel(stack.model, data)
    stack._felt = [(1.0, 1.0, 0.0, 0.0) if held else (0.0, 0.0, 180.0, 180.0)] * 2
    assert stack.on_top
    assert stack._solved() is (still and not held)
    env.close()


@pytest.mark.parametrize(
    ("name", "path"),
    [("turn-faucet", "faucet"), ("open-cabinet-door", "cabinet"), ("push-chair", "chair")],
)
def test_each_episode_has_points_of_its_own_that_its_seed_fixes(name, path):
    made = task(f"tabletop/{name}")
    at = made.scene.layout[f"{path}._cloud"].start

    def seeds(n):
        env = made.make_env(seed=5)
        rows = []
        for _ in range(n):
            rows.append(env.reset()[1]["scene"][at])
            row = env.step(env.action_space.sample() * 0)[4]["scene"]
            assert row[at] == rows[-1]
        env.close()
        return rows

    assert len(set(seeds(4))) == 4
    assert seeds(2) == seeds(4)[:2]


def test_nine_tenths_of_the_range_is_the_target_of_every_joint():
    faucet = task("tabletop/turn-faucet").make_env(seed=0)
    limits = {"turn-faucet": faucet.unwrapped.model.joint("handle").range}
    for name in ("open-cabinet-door", "open-cabinet-drawer"):
        limits[name] = task(f"tabletop/{name}").make_env().unwrapped.model.joint("handle").range
    for name, (low, high) in limits.items():
        found = task(f"tabletop/{name}")
        row = found.make_env(seed=0).reset()[1]["scene"]
        path = "faucet" if name == "turn-faucet" else "cabinet"
        at = found.scene.layout[f"{path}.handle.target_qpos"].start
        assert row[at] == pytest.approx(low + 0.9 * (high - low))
        assert all(a < b for a, b in pairwise((low, row[at], high)))
