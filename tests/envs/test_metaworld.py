import mujoco
import numpy as np
import pytest
from gymnasium.envs.mujoco import MujocoEnv
from scipy.spatial.transform import Rotation

from rewardlab.envs.metaworld.env import success_rule
from rewardlab.envs.metaworld.table import ROWS, Near
from rewardlab.envs.tasks import task


def orientations(data):
    """All orientations that the simulator knows, as matrices."""
    return np.concatenate((data.xmat, data.geom_xmat, data.site_xmat)).reshape(-1, 3, 3)


def check_truth(name, sawyer, row):
    """Assert that a recorded scene is what the simulator holds."""
    data, at = sawyer.data, task(f"metaworld/{name}").scene.layout
    scene = {path: row[slot.start : slot.stop] for path, slot in at.items()}
    gap = np.linalg.norm(data.body("rightclaw").xpos - data.body("leftclaw").xpos)
    assert scene["robot.ee_position"] == pytest.approx(data.body("hand").xpos, abs=1e-9)
    assert scene["robot.gripper_openness"] == pytest.approx(min(gap / 0.1, 1.0))
    assert np.array_equal(scene["goal_position"], sawyer._target_pos)
    places = sawyer._get_pos_objects()
    assert np.array_equal(scene["obj1.position"], places[:3])
    if ROWS[name].obj2:
        assert np.array_equal(scene["obj2.position"], places[3:6])
    known = np.concatenate((data.xpos, data.geom_xpos, data.site_xpos))
    beside = np.linalg.norm(known - scene["obj1.position"], axis=1).min()
    assert beside < 0.06  # some are a point beside what the simulator names


@pytest.mark.parametrize("name", ROWS)
def test_every_environment_steps_as_its_original_does(name, check_members):
    made = task(f"metaworld/{name}")
    env, twin = made.make_env(seed=5), made.make_env(seed=5)
    (obs, info), _ = env.reset(), twin.reset()
    vars(twin.unwrapped).pop("touching_object")  # the one thing that is ours in it
    success_only = success_rule(env.unwrapped, ROWS[name].scored)
    check_members(made.scene, info["scene"])
    assert env.observation_space.contains(obs)
    assert np.array_equal(obs[36:], env.unwrapped._get_pos_goal())
    original, rng, before = twin.unwrapped, np.random.default_rng(0), obs
    for t in range(8):
        action = rng.uniform(-1.2, 1.2, 4).astype(np.float32) if t else np.zeros(4, np.float32)
        obs, reward, terminated, truncated, info = env.step(action)
        theirs, their_reward, _, _, their_info = original.step(action)
        assert np.array_equal(obs[:18], theirs[:18])
        assert np.array_equal(obs[18:36], before[:18])
        assert reward == their_reward
        assert info["success"] is bool(their_info["success"])
        assert {**their_info, "success": 0, "scene": 0} == {**info, "success": 0, "scene": 0}
        assert (terminated, truncated) == (False, False)
        assert bool(success_only(obs, action)[1]["success"]) is info["success"]
        check_truth(name, env.unwrapped, info["scene"])
        if t == 0:  # what was seen at reset is where things are
            assert np.abs(obs[:18] - before[:18]).max() < 0.01
        before = obs
    check_members(made.scene, info["scene"])
    settled, _ = env.reset(seed=8)
    env.unwrapped._freeze_rand_vec = True  # once more to the same goal: nothing was left undone
    MujocoEnv.reset(env.unwrapped)
    mujoco.mj_kinematics(env.unwrapped.model, env.unwrapped.data)
    frame = env.unwrapped._get_curr_obs_combined_no_goal()
    assert frame == pytest.approx(settled[:18], abs=1e-9)
    assert env.unwrapped._target_pos == pytest.approx(settled[36:], abs=1e-9)
    if ROWS[name].order:
        w, x, y, z = env.reset(seed=8)[1]["scene"][7:11]
        turned = Rotation.from_quat((x, y, z, w)).as_matrix()
        assert np.abs(orientations(env.unwrapped.data) - turned).max(axis=(1, 2)).min() < 1e-6


@pytest.mark.filterwarnings("ignore:Constant.s. may be too high")
@pytest.mark.parametrize("name", ["drawer-open", "window-close", "soccer", "faucet-open", "reach"])
def test_an_expert_solves_the_task_and_the_stated_rule_agrees(name):
    from metaworld.policies import ENV_POLICY_MAP

    made = task(f"metaworld/{name}")
    env, expert, scored = made.make_env(seed=3), ENV_POLICY_MAP[f"{name}-v3"](), ROWS[name].scored
    obs, _ = env.reset()
    solved = []
    for _ in range(150):
        obs, _, _, _, info = env.step(np.clip(expert.get_action(obs), -1, 1))
        solved.append(info["success"])
        if isinstance(scored, Near):
            axes = ["xyz".index(axis) for axis in scored.axes]
            apart = info["scene"][4:7] + scored.offset - info["scene"][18:21]
            assert (np.linalg.norm(apart[axes]) <= scored.within) == info["success"]
    assert any(solved)
    assert not solved[0]


@pytest.mark.filterwarnings("ignore:Constant.s. may be too high")
def test_touch_is_felt_as_by_the_original():
    from metaworld.policies import ENV_POLICY_MAP

    env, expert = task("metaworld/pick-place").make_env(seed=3), ENV_POLICY_MAP["pick-place-v3"]()
    obs, _ = env.reset()
    sawyer = env.unwrapped
    geom = sawyer._get_id_main_object()
    felt = []
    for _ in range(70):
        obs, *_ = env.step(np.clip(expert.get_action(obs), -1, 1))
        felt.append(sawyer.touching_object(geom))
        assert felt[-1] == type(sawyer).touching_object(sawyer, geom)
    assert 0 < sum(felt) < 70


def test_skipping_the_native_reward_changes_nothing_else(roll):
    made = task("metaworld/reach")
    full = roll(made.make_env(seed=1), 20)
    lean = roll(made.make_env(seed=1, native_reward=False), 20)
    for (obs, reward, *_, info), (same, none, *_, lean_info) in zip(
        full[1:], lean[1:], strict=True
    ):
        assert np.array_equal(obs, same)
        assert np.array_equal(info["scene"], lean_info["scene"])
        assert (reward > 0, none) == (True, 0.0)
        assert info["success"] == lean_info["success"]


def goals(env, n):
    return [tuple(env.reset()[1]["scene"][18:21]) for _ in range(n)]


def test_a_seed_fixes_the_sequence_of_goals():
    made = task("metaworld/drawer-open")
    first = goals(made.make_env(seed=1), 3)
    assert first == goals(made.make_env(seed=1), 3)
    assert first != goals(made.make_env(seed=2), 3)
    assert len(set(first)) == 3
    assert len({goals(made.make_env(), 1)[0] for _ in range(3)}) == 3


@pytest.mark.parametrize("name", ["push", "window-close", "handle-press"])
def test_the_seed_of_a_reset_fixes_all_of_it_whatever_came_before(name):
    env = task(f"metaworld/{name}").make_env(seed=1)
    obs, info = env.reset(seed=7)
    env.reset()
    env.step(np.ones(4, np.float32))
    again, info_again = env.reset(seed=7)
    assert np.array_equal(obs, again)
    assert np.array_equal(info["scene"], info_again["scene"])


def test_goals_do_not_depend_on_numpys_global_state():
    made = task("metaworld/push")
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = goals(made.make_env(seed=4), 1)
    assert np.array_equal(before, np.random.get_state()[1])
    np.random.seed(99)
    assert first == goals(made.make_env(seed=4), 1)


def test_the_horizon_truncates_and_stepping_on_raises_nothing():
    env = task("metaworld/button-press", horizon=3).make_env(seed=0)
    env.reset()
    action = np.zeros(4, np.float32)
    assert [env.step(action)[3] for _ in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize(("name", "joint"), [("sweep-into", 9), ("sweep", 9)])
def test_turning_an_object_turns_its_quaternion(name, joint):
    """One environment writes xyzw, the other wxyz: the scene has wxyz for both."""
    env = task(f"metaworld/{name}").make_env(seed=0)
    row = env.reset()[1]["scene"].copy()
    sawyer = env.unwrapped
    angle = 0.7
    turn = np.array([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])
    quaternion = np.zeros(4)
    mujoco.mju_mulQuat(quaternion, turn, sawyer.data.qpos[joint + 3 : joint + 7])
    sawyer.data.qpos[joint + 3 : joint + 7] = quaternion
    after = env.step(np.zeros(4, np.float32))[4]["scene"]
    relative = np.zeros(4)
    mujoco.mju_negQuat(relative, row[7:11])
    mujoco.mju_mulQuat(relative, after[7:11], relative.copy())
    assert 2 * np.arctan2(relative[3], relative[0]) == pytest.approx(angle, abs=0.02)


def test_the_gripper_is_open_at_first_and_shut_at_three_tenths():
    env = task("metaworld/reach").make_env(seed=0)
    assert env.reset()[1]["scene"][3] == pytest.approx(1.0, abs=1e-3)
    for _ in range(60):
        row = env.step(np.array([0, 0, 0, 1], np.float32))[4]["scene"]
    assert row[3] == pytest.approx(0.30, abs=0.05)


def test_an_action_moves_the_hand_as_described():
    env = task("metaworld/reach").make_env(seed=0)
    for axis in range(3):
        env.reset()
        action = np.zeros(4, np.float32)
        action[axis] = 1.0
        for _ in range(20):
            row = env.step(action)[4]["scene"]
        moved = row[:3] - row[2 * env.schema.size : 2 * env.schema.size + 3]
        assert np.argmax(np.abs(moved)) == axis
        assert 0.05 < moved[axis] < 0.2


def test_pictures_are_upright():
    from rewardlab.envs.gl import choose

    if not choose().works:
        pytest.skip("no OpenGL here")
    env = task("metaworld/drawer-open").make_env(seed=0, render_mode="rgb_array")
    env.reset()
    camera = env.unwrapped.model.camera("corner2").id
    up_of_picture = env.unwrapped.data.cam_xmat[camera].reshape(3, 3)[:, 1]
    assert up_of_picture[2] < 0  # the camera hangs upside down, so we turn what it sees
    frame = env.render()
    assert frame.shape == (480, 480, 3)
    assert frame.dtype == np.uint8
    sky, table = frame[:60].std(), frame[250:400].std()
    assert sky < table
    env.close()
