import numpy as np
import pytest

from rewardlab.envs.states import probe_states
from rewardlab.envs.tasks import task, tasks
from rewardlab.sandbox.facade import facade

IDS = [
    "metaworld/stick-pull",
    "metaworld/drawer-close",
    "tabletop/stack-cube",
    "locomotion/ant-forward",
    "gym/CartPole-v1",
]


@pytest.fixture(scope="module")
def states():
    return {id: (task(id), probe_states(task(id), seed=3).rows) for id in IDS}


@pytest.mark.parametrize("id", IDS)
def test_states_fit_the_scene(id, states, check_members):
    made, rows = states[id]
    assert rows.shape[1] == made.scene.row_size
    assert len(rows) > 64
    assert len(np.unique(rows, axis=0)) > 64
    for row in rows:
        check_members(made.scene, row)


def test_they_follow_from_the_seed():
    made = task("gym/CartPole-v1")
    assert np.array_equal(probe_states(made, seed=1).rows, probe_states(made, seed=1).rows)
    assert not np.array_equal(probe_states(made, seed=1).rows, probe_states(made, seed=2).rows)


def test_more_can_be_asked_for():
    made = task("gym/CartPole-v1")
    assert len(probe_states(made, n=200).rows) > 200 > len(probe_states(made, n=16).rows)


def test_every_state_says_what_it_is():
    rows, names = probe_states(task("metaworld/stick-pull"))
    assert len(names) == len(rows)
    assert all(names)
    layout, size = task("metaworld/stick-pull").scene.layout, (rows.shape[1] - 5) // 3
    obj2, goal = layout["obj2.position"], layout["goal_position"]
    at_goal = rows[names.index("goal_position at obj2.position")]
    assert np.array_equal(at_goal[obj2.start : obj2.stop], at_goal[goal.start : goal.stop])
    for row in rows[: names.index("of a random rollout")]:
        assert row[3 * size] == 0.0
    assert not rows[names.index("action 0"), -4:].any()


@pytest.mark.parametrize("id", [e.id for e in tasks() if e.available and e.suite != "gym"])
def test_every_task_of_ours_has_states_of_every_kind(id):
    rows, names = probe_states(task(id), n=16)
    assert np.isfinite(rows).all()
    kinds = {"after a reset", "of a random rollout", "a perturbed state", "action 0"}
    assert kinds <= set(names)
    assert any("time 0" in name for name in names)
    if id.startswith("metaworld"):
        assert {"obj1.position at robot.ee_position", "all positions equal"} <= set(names)


def test_what_is_handled_stands_last_and_is_never_left_out():
    names = probe_states(task("gym/Pusher-v5"), n=8).names
    assert "bodies.goal.position at bodies.object.position" in names


def test_a_scene_without_names_is_zero_somewhere():
    rows, names = probe_states(task("gym/CartPole-v1"))
    i = names.index("all positions and angles 0, at rest")
    assert not rows[i, :4].any()


def test_hand_object_and_goal_coincide_somewhere(states, get):
    made, rows = states["metaworld/stick-pull"]
    paths = ("robot.ee_position", "obj1.position", "obj2.position", "goal_position")
    points = np.array([[get(made.scene, row, path) for path in paths] for row in rows])

    def equal(i, j):
        return (points[:, i] == points[:, j]).all(axis=1)

    assert (equal(0, 1) & ~equal(1, 3)).any()
    assert (equal(2, 3) & ~equal(0, 2)).any()
    assert (equal(0, 1) & equal(1, 2) & equal(2, 3)).any()
    together = rows[(equal(0, 1) & equal(1, 3)).nonzero()[0][0]]
    obs = get(made.scene, together, "obs")
    assert all(np.array_equal(obs[i : i + 3], together[:3]) for i in (0, 4, 36))


def test_some_states_stand_still_at_the_beginning(states):
    made, rows = states["locomotion/ant-forward"]
    size = made.scene.size
    now, before, first = (rows[:, i * size : (i + 1) * size] for i in range(3))
    time, action = rows[:, 3 * size], rows[:, 3 * size + 1 :]
    still = [s for s in made.scene.layout.values() if "/s" in s.field.unit]
    speed = np.max([np.abs(now[:, s.start]) for s in still], axis=0)
    assert ((speed == 0) & (now == before).all(axis=1)).any()
    made_still = (speed == 0) & (time == 0) & (action == 0).all(axis=1)
    assert (made_still & (now == before).all(axis=1) & (now == first).all(axis=1)).any()
    assert ((now == before).all(axis=1) & (time > 0)).any()


def test_ranges_are_reached(states, get):
    made, rows = states["metaworld/drawer-close"]
    openness = np.array([get(made.scene, row, "robot.gripper_openness") for row in rows])
    assert openness.min() == 0.0
    assert openness.max() == 1.0


def test_what_a_task_does_not_have_stays_as_it_is(states, get):
    made, rows = states["metaworld/drawer-close"]
    for row in rows:
        assert not get(made.scene, row, "obj2.position").any()
        assert get(made.scene, row, "obj2.quaternion").tolist() == [1, 0, 0, 0]


def test_discrete_actions_are_ones_that_exist(states):
    _, rows = states["gym/CartPole-v1"]
    assert set(rows[:, -1]) == {0.0, 1.0}


def test_objects_are_held_in_some_states_and_not_in_others(states):
    made, rows = states["tabletop/stack-cube"]
    slot = made.scene.layout["cubeA._grasp"]
    grasps = {tuple(row[slot.start : slot.stop]) for row in rows}
    assert {(1, 1, 0, 0), (1, 1, 60, 60), (1, 0, 0, 180), (0, 0, 180, 180)} <= grasps
    live, answers = facade(made.scene), set()
    for row in rows:
        live.buffer[:] = row
        self = live.scene
        answers.add((self.robot.check_grasp(self.cubeA), self.robot.check_grasp(self.cubeA, 30)))
    assert answers == {(True, True), (True, False), (False, False)}


def test_poses_coincide_somewhere_and_things_rest_somewhere(states):
    made, rows = states["tabletop/stack-cube"]
    live, still, apart = facade(made.scene), set(), []
    for row in rows:
        live.buffer[:] = row
        self = live.scene
        still.add(self.cubeA.check_static())
        apart.append(np.linalg.norm(self.cubeA.pose.p - self.robot.ee_pose.p))
    assert still == {True, False}
    assert min(apart) == 0.0


def test_things_are_held_and_lie_where_they_should_be():
    made = task("tabletop/pick-cube")
    rows, names = probe_states(made, n=16)
    live = facade(made.scene)
    for name, held in (("held", True), ("lies", False)):
        live.buffer[:] = rows[names.index(f"cubeA {name} at goal_position, no motion")]
        self = live.scene
        assert self.cubeA.pose.p.tolist() == self.goal_position.tolist()
        assert self.robot.check_grasp(self.cubeA, max_angle=1) is held
        assert self.cubeA.check_static()
        assert (self.robot.ee_pose.p.tolist() == self.cubeA.pose.p.tolist()) is held


def test_joints_are_at_their_target_somewhere_and_beyond_it():
    made = task("tabletop/turn-faucet")
    rows, names = probe_states(made, n=16)
    live = facade(made.scene)
    for where, excess in (("at", 0.0), ("beyond", 0.1)):
        live.buffer[:] = rows[names.index(f"faucet.handle.qpos {where} its target, no motion")]
        handle = live.scene.faucet.handle
        assert handle.qpos - handle.target_qpos == pytest.approx(excess * handle.target_qpos)
        assert handle.check_static()


def test_constants_and_seeds_stay_what_they_are(states):
    made, rows = states["tabletop/stack-cube"]
    size, layout = made.scene.size, made.scene.layout
    for path in ("cube_half_size", "robot.lfinger._cloud"):
        real = set(rows[:64, layout[path].start])
        for block in range(3):
            assert set(rows[64:, block * size + layout[path].start]) <= real
    assert set(rows[:, layout["cube_half_size"].start]) == {0.02}
