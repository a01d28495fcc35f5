"""Nothing that a person says is dropped in silence: it is used, or named as not used."""

import numpy as np
import pytest

from rewardlab.envs.tasks import task
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker

LIFT, FAUCET, DRAWER = "tabletop/lift-cube", "tabletop/turn-faucet", "tabletop/open-cabinet-drawer"
ANT = "locomotion/ant-forward"


def term(source, schema, name, states):
    """What a term pays in states that follow the first: dictionaries of numbers by path."""
    blocks = np.zeros((len(states), schema.size))
    for block, state in zip(blocks, states, strict=True):
        for path, value in state.items():
            block[schema.layout[path].start : schema.layout[path].stop] = value
    tail = np.zeros(1 + schema.action.size)
    rows = np.array([np.concatenate((block, block, blocks[0], tail)) for block in blocks])
    with RewardWorker(source, schema) as worker:
        batch = worker.evaluate(rows)
    return batch.terms[:, batch.names.index(name)]


@pytest.mark.parametrize(("said", "height"), [("", 0.2), (" by 0.3 m", 0.3), (" up 10 cm", 0.1)])
def test_a_stated_height_is_the_goal(said, height, compose, code):
    schema, reply = task(LIFT).scene, compose(LIFT, f"Lift the cube{said}.")
    upright = (1.0, 0.0, 0.0, 0.0)
    states = [
        {
            "cube_half_size": 0.02,
            "goal_height": 0.2,
            "cubeA.pose": (0.0, 0.0, z, *upright),
            "robot.ee_pose": (0.0, 0.0, 0.3, *upright),
        }
        for z in (0.02, 0.02 + height - 0.005, 0.02 + height + 0.001)
    ]
    assert (term(code(reply), schema, "done", states) > 0.0).tolist() == [False, False, True]
    assert said.strip().removeprefix("by ").removeprefix("up ") in reply.notes["coder"]


@pytest.mark.parametrize(
    ("task_id", "goal", "joint", "asked"),
    [
        (FAUCET, "Turn the tap by 45 degrees.", "faucet.handle", np.pi / 4),
        (DRAWER, "Open the drawer 10 cm.", "cabinet.handle", 0.1),
        (DRAWER, "Open the drawer halfway.", "cabinet.handle", 0.175),
        (DRAWER, "Leave the drawer half open.", "cabinet.handle", 0.175),
        (FAUCET, "Turn the faucet on by 20 %.", "faucet.handle", np.pi / 10),
        ("kitchen/microwave", "Open the microwave door 30 degrees.", "microwave.handle", np.pi / 6),
    ],
)
def test_a_stated_position_of_a_joint_is_the_goal(task_id, goal, joint, asked, compose, code):
    schema, source = task(task_id).scene, code(compose(task_id, goal))
    still = {f"{joint}.target_qpos": 1.0, f"{joint}.pose": (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)}
    states = [still | {f"{joint}.qpos": share * asked} for share in (0.0, 0.5, 1.0, 1.5)]
    done = term(source, schema, "done", states)
    assert (done > 0.0).tolist() == [False, False, True, False]
    assert read(source, schema).findings == ()


@pytest.mark.parametrize(
    ("task_id", "goal", "done"),
    [
        ("metaworld/drawer-open", "Open the drawer halfway.", [0.5]),
        ("metaworld/drawer-open", "Open the drawer by 30 %.", [0.3]),
        ("metaworld/drawer-open", "Open the drawer a little.", [0.2]),
        ("metaworld/drawer-open", "Open the drawer three quarters of the way.", [0.75]),
        ("metaworld/drawer-open", "Open the drawer by 15 cm.", [0.75]),
        ("metaworld/drawer-open", "Open the drawer completely.", [1.0]),
        ("metaworld/push", "Push the puck halfway to the goal.", [0.5]),
        ("metaworld/push", "Push the puck by 6 cm.", [0.3]),
        ("fetch/pick-and-place", "Lift the block half of the way to the goal.", [0.5]),
    ],
)
def test_a_part_of_the_way_is_the_goal(task_id, goal, done, compose, code):
    """The thing goes along y from 0 to its goal 0.2 m away, and stands there still."""
    schema, source = task(task_id).scene, code(compose(task_id, goal))
    thing = next(p for p in ("obj1.position", "cubeA.pose") if p in schema.layout)
    rest = (1.0, 0.0, 0.0, 0.0) if thing.endswith("pose") else ()
    ways = [0.0, 0.2, 0.3, 0.5, 0.75, 1.0]
    end = {"goal_position": (0.0, 0.2, 0.0)}
    paid = term(source, schema, "done", [end | {thing: (0.0, 0.2 * w, 0.0, *rest)} for w in ways])
    assert [way for way, pay in zip(ways, paid, strict=True) if pay > 0.0] == done
    assert read(source, schema).findings == ()


@pytest.mark.parametrize(
    ("task_id", "goal", "instead"),
    [
        (FAUCET, "Turn the faucet by 10 cm.", "halfway, 30 % or by 45 degrees"),
        (DRAWER, "Open the drawer by 50 cm.", "at most 0.35 m"),
        (DRAWER, "Open the drawer 150 %.", "at most 100 %"),
        (DRAWER, "Close the drawer halfway.", "all the way or by 10 cm"),
        (LIFT, "Lift the cube halfway.", "all the way or by 10 cm"),
        ("metaworld/drawer-open", "Open the drawer by 45 degrees.", "halfway, 30 % or by 5 cm"),
        ("tabletop/stack-cube", "Stack the cubes halfway.", "all the way."),
        ("metaworld/pick-place", "Lift the puck a little.", "all the way or by 10 cm"),
        ("metaworld/peg-insert-side", "Insert the peg halfway into the hole.", "all the way."),
    ],
)
def test_an_amount_that_nothing_measures_is_refused(task_id, goal, instead, compose):
    with pytest.raises(GoalNotUnderstood, match="is not understood for") as error:
        compose(task_id, goal)
    assert f"may be said there as: {instead}" in str(error.value)


@pytest.mark.parametrize(
    ("task_id", "goal", "text"),
    [
        ("tabletop/pick-cube", "Lift the cube 15 cm.", "LIFT_BY = 0.15 "),
        ("tabletop/push-chair", "Push the chair 2 m away from the target.", "SPAN = 2.0 "),
        ("locomotion/ant-wave-leg", "Wave the front left leg 20 cm up.", "PAW_HEIGHT = 0.2 "),
        ("locomotion/hopper-forward", "Jump half a metre high.", "JUMP_BY = 0.5 "),
        (ANT, "Run at 7.2 km/h.", "SPEED = 2.0 "),
    ],
)
def test_other_numbers_become_sizes(task_id, goal, text, compose, code):
    reply = compose(task_id, goal)
    assert text in code(reply)
    assert len(reply.notes["plan"]["heeded"]) == 1
    assert "What else the goal said:" in code(reply)
    assert not {"m", "20", "15", "2", "7.2"} & set(reply.notes["plan"]["ignored"])


@pytest.mark.parametrize(
    ("task_id", "goal", "term_"),
    [
        (FAUCET, "Turn the faucet gently.", "calm"),
        ("metaworld/drawer-open", "Open the drawer quickly.", "haste"),
        ("kitchen/microwave", "Close the microwave door gently.", "calm"),
        ("metaworld/button-press", "Give the button a firm push.", "force"),
        ("locomotion/ant-lie-down", "Lie down gently.", "effort"),
    ],
)
def test_a_manner_weighs_as_a_comment_would(task_id, goal, term_, compose, code, weights):
    manner = next(word for word in ("gently", "quickly", "firm") if word in goal)
    plain = weights(code(compose(task_id, goal.replace(f" {manner}", ""))))
    reply = compose(task_id, goal)
    after = weights(code(reply))
    assert after[term_] > plain.get(term_, 0.0)
    assert {t: w for t, w in after.items() if t != term_} == {
        t: w for t, w in plain.items() if t != term_
    }
    assert repr(manner) in reply.notes["coder"]
    assert manner not in reply.notes["plan"]["ignored"]


@pytest.mark.parametrize(
    ("task_id", "goal", "unused"),
    [
        (FAUCET, "Turn the faucet gently to the left.", ["left"]),
        (FAUCET, "Turn the faucet clockwise.", ["clockwise"]),
        ("kitchen/light-switch", "Switch on the light patiently.", ["patiently"]),
        (LIFT, "Lift the cube within 3 seconds.", ["3 seconds"]),
        (LIFT, "Lift the cube by 0 m.", ["0 m"]),
        (LIFT, "Lift the cube to within 0.3 m of the ceiling.", ["0.3 m"]),
        ("metaworld/drawer-open", "Open the drawer with half the force.", ["half"]),
        ("metaworld/drawer-open", "Open the drawer a little faster.", ["a little"]),
        ("metaworld/drawer-open", "Open the drawer at 0.1 m/s.", ["0.1 m/s"]),
        ("metaworld/drawer-open", "Open the drawer, then close it.", ["close"]),
        (ANT, "Run forward at 2 m/s and jump.", ["jump"]),
        (ANT, "Run forward, then to the left.", ["left"]),
        (ANT, "Run forward for 3 m.", ["3 m"]),
        (ANT, "Walk calmly forward.", ["calmly"]),
    ],
)
def test_what_it_does_not_use_it_names(task_id, goal, unused, compose):
    reply = compose(task_id, goal)
    assert set(unused) <= set(reply.notes["plan"]["ignored"])
    for words in unused:
        assert repr(words) in reply.notes["coder"]


@pytest.mark.parametrize(
    ("task_id", "goal"),
    [
        (LIFT, "Lift the cube by 0.3 m, gently please."),
        ("metaworld/door-unlock", "Rotate the lock counterclockwise to unlock."),
        ("tabletop/stack-cube", "Put cube A on top of cube B and let go."),
        ("tabletop/push-chair", "Push the chair to the target without tipping it over."),
        ("locomotion/half-cheetah-forward", "Walk slowly forward."),
        ("locomotion/ant-wave-leg", "Wave the back left leg."),
        (ANT, "Walk sideways to the left."),
    ],
)
def test_what_it_uses_it_does_not_complain_about(task_id, goal, compose):
    assert "did not use" not in compose(task_id, goal).notes["coder"]
    assert "forbidden" not in compose(task_id, goal).notes["coder"]


def test_what_is_told_or_forbidden_is_named(compose):
    said = compose("metaworld/button-press", "It's late, push the button without touching it.")
    assert "in no term: \"it's late\", 'without touching it'." in said.notes["coder"]


def test_comments_come_on_top_of_manners_and_do_not_repeat_them(compose, code, weights):
    gently = weights(code(compose(FAUCET, "Turn the faucet gently.")))
    reply = compose(FAUCET, "Turn the faucet gently.", comments=["too fast"])
    assert weights(code(reply))["calm"] == pytest.approx(2.0 * gently["calm"])
    assert [change["comment"] for change in reply.notes["plan"]["changes"]] == ["too fast"]


@pytest.mark.parametrize(
    ("task_id", "goal", "begins"),
    [
        (FAUCET, "Turn the tap off.", "the faucet shut"),
        (DRAWER, "Close the drawer.", "the drawer shut"),
        ("tabletop/open-cabinet-door", "Shut the door.", "the door shut"),
        ("metaworld/drawer-open", "Close the drawer.", "the drawer shut"),
        ("metaworld/window-close", "Open the window.", "the window open"),
        ("metaworld/handle-press", "Lift the handle.", "the handle up"),
        ("metaworld/button-press", "Pull the button out.", "the button out"),
        (LIFT, "Put the cube down.", "the cube on the table"),
        ("fetch/pick-and-place", "Put the block down.", "the block on the table"),
    ],
)
def test_it_says_when_an_episode_begins_where_the_goal_leads(task_id, goal, begins, compose):
    said = compose(task_id, goal).notes["coder"]
    assert f"Every episode of {task_id} begins with {begins}" in said
    assert "nothing to gain" in said


@pytest.mark.parametrize(
    ("task_id", "goal"),
    [
        (FAUCET, "Turn the tap on."),
        ("metaworld/faucet-open", "Close the faucet."),
        ("metaworld/door-close", "Open the door."),
        ("tabletop/pick-cube", "Move the cube away from the goal."),
        ("tabletop/push-chair", "Push the chair away from the target."),
        (LIFT, "Lift the cube."),
    ],
)
def test_it_says_so_only_then(task_id, goal, compose):
    assert "nothing to gain" not in compose(task_id, goal).notes["coder"]


def test_a_waving_body_is_to_stay_in_both_directions(compose, code):
    schema, source = task("locomotion/ant-wave-leg").scene, code(compose("locomotion/ant-wave-leg"))
    states = [
        {},
        {"ant.torso.position_x": 1.0},
        {"ant.torso.position_y": 1.0},
    ]
    start, ahead, aside = term(source, schema, "stay", states)
    assert start > ahead == pytest.approx(aside)


def test_what_it_suggests_is_in_its_own_list(compose):
    with pytest.raises(GoalNotUnderstood) as error:
        compose("metaworld/drawer-open", "Fold the laundry.")
    assert "hold" not in str(error.value)
