"""Where a task says that every episode begins, it does begin."""

import mujoco
import numpy as np
import pytest

from rewardlab.envs.metaworld.table import ROWS
from rewardlab.envs.tasks import task

FAR = "as far from the goal as it goes"
OTHERWISE = ("door-close", "faucet-open", "faucet-close")


def gain(name):
    """How much further from the goal its thing could go from where it begins [m]."""
    made = task(f"metaworld/{name}")
    env = made.make_env(seed=3)
    scene = env.reset()[1]["scene"]
    slot = made.scene.layout["goal_position"]
    goal = scene[slot.start : slot.stop]
    bare = env.unwrapped
    model, data = bare.model, bare.data
    distances = [np.linalg.norm(bare._get_pos_objects()[:3] - goal)]
    for joint in _joints(model):
        before = data.qpos[model.jnt_qposadr[joint]]
        for value in model.jnt_range[joint]:
            data.qpos[model.jnt_qposadr[joint]] = value
            mujoco.mj_forward(model, data)
            distances.append(np.linalg.norm(bare._get_pos_objects()[:3] - goal))
        data.qpos[model.jnt_qposadr[joint]] = before
    env.close()
    return max(distances) - distances[0]


def _joints(model):
    arm = ("right_", "r_close", "l_close", "head")
    for joint in range(model.njnt):
        if model.jnt_limited[joint] and not model.joint(joint).name.startswith(arm):
            yield joint


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.begins])
def test_metaworlds_things_begin_at_their_far_end(name):
    assert gain(name) < 0.015
    assert f"begins with {ROWS[name].begins}, {FAR}" in task(f"metaworld/{name}").describe()


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
@pytest.mark.parametrize("name", OTHERWISE)
def test_of_others_it_is_not_said(name):
    assert gain(name) > 0.03
    assert FAR not in task(f"metaworld/{name}").describe()


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("turn-faucet", "faucet"),
        ("open-cabinet-door", "cabinet"),
        ("open-cabinet-drawer", "cabinet"),
    ],
)
def test_joints_of_the_tabletop_begin_at_their_lower_limit(name, joint):
    made = task(f"tabletop/{name}")
    assert FAR in made.describe()
    slot = made.scene.layout[f"{joint}.handle.qpos"]
    assert slot.field.low == 0.0
    env = made.make_env(seed=0)
    assert np.ptp(env.unwrapped.model.joint("handle").range) == pytest.approx(slot.field.high)
    for _ in range(3):
        scene = env.reset()[1]["scene"]
        assert scene[slot.start] == pytest.approx(0.0, abs=1e-3)
    env.close()
