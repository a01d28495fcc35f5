import json

import numpy as np
import pytest

from rewardlab.coders import library
from rewardlab.coders.base import Attempt
from rewardlab.coders.offline import OfflineComposer
from rewardlab.envs.tasks import task, tasks
from rewardlab.errors import CoderError, GoalNotUnderstood
from rewardlab.program.finding import Finding
from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker

SUITES = ("metaworld", "locomotion", "tabletop", "fetch")
KNOWN = [entry.id for entry in tasks() if entry.suite in SUITES]
SOLVED = ("metaworld/drawer-open", "metaworld/pick-place", "metaworld/reach", "metaworld/hammer")


@pytest.mark.parametrize("task_id", KNOWN)
def test_every_task_of_the_suites_gets_a_program_that_reads_clean(task_id, compose, code):
    reply = compose(task_id)
    assert reply.origin == "offline"
    assert read(code(reply), task(task_id).scene).findings == ()
    assert json.loads(json.dumps(dict(reply.notes)))["plan"]["task_id"] == task_id


@pytest.mark.parametrize("task_id", [*SOLVED, "locomotion/ant-forward"])
def test_terms_are_bounded_by_their_weights_on_any_state(task_id, compose, code, weights):
    schema, source = task(task_id).scene, code(compose(task_id))
    rows = np.random.default_rng(0).normal(0.0, 0.5, (40, schema.row_size))
    rows[:8] = 0.0  # everything in one place, nothing moves
    rows[:, 3 * schema.size + 1 :] = rows[:, 3 * schema.size + 1 :].clip(-1.0, 1.0)
    with RewardWorker(source, schema) as worker:
        batch = worker.evaluate(rows)
    assert np.isfinite(batch.reward).all()
    assert np.allclose(batch.reward, batch.terms.sum(1))
    for name, values in zip(batch.names, batch.terms.T, strict=True):
        assert np.abs(values).max() <= weights(source)[name] + 1e-9
    assert set(batch.names) == set(weights(source))


def test_the_program_pays_for_the_thing_at_its_goal_and_for_the_hand_at_the_thing(compose, code):
    schema, source = task("metaworld/drawer-open").scene, code(compose("metaworld/drawer-open"))
    layout = schema.layout

    def row(hand, handle):
        block = np.zeros(schema.size)
        for path, value in (("robot.ee_position", hand), ("obj1.position", handle)):
            block[layout[path].start : layout[path].stop] = value
        block[layout["goal_position"].start : layout["goal_position"].stop] = (0.0, 0.5, 0.1)
        return block

    start = row((0.0, 0.6, 0.2), (0.0, 0.7, 0.1))
    states = [
        start,
        row((0.0, 0.7, 0.1), (0.0, 0.7, 0.1)),
        row((0.0, 0.6, 0.1), (0.0, 0.6, 0.1)),
        row((0.0, 0.5, 0.1), (0.0, 0.5, 0.1)),
    ]
    tail = np.zeros(1 + schema.action.size)
    rows = np.array([np.concatenate((now, now, start, tail)) for now in states])
    with RewardWorker(source, schema) as worker:
        rewards = worker.evaluate(rows).reward
    assert (np.diff(rewards) > 1.0).all()


@pytest.mark.parametrize(
    ("id", "goal", "way"),
    [
        ("metaworld/push", "Lift the puck up in the air.", 1),
        ("metaworld/pick-place", "Put the puck down.", -1),
    ],
)
def test_up_is_paid_upwards_and_down_downwards(id, goal, way, compose, code):
    t = task(id)
    source, layout = code(compose(t.id, goal)), t.scene.layout

    def block(height):
        scene = np.zeros(t.scene.size)
        for path in ("robot.ee_position", "obj1.position"):
            scene[layout[path].start : layout[path].stop] = (0.0, 0.6, height)
        return scene

    tail, start = np.zeros(1 + t.scene.action.size), block(0.2)
    rows = [np.concatenate((block(z), block(z), start, tail)) for z in (0.15, 0.2, 0.25)]
    with RewardWorker(source, t.scene) as worker:
        rewards = worker.evaluate(np.array(rows)).reward
    assert (way * np.diff(rewards) >= 0.0).all()
    assert way * (rewards[-1] - rewards[0]) > 0.5


def test_the_same_request_gets_the_same_reply_and_samples_differ(compose, code):
    one, two = (compose("metaworld/drawer-open") for _ in range(2))
    assert one == two
    sources = {code(compose("metaworld/drawer-open", sample=i)) for i in range(8)}
    assert len(sources) == 8
    assert len({code(compose("locomotion/hopper-forward", sample=i)) for i in range(8)}) == 8


@pytest.mark.parametrize("sample", range(1, 6))
@pytest.mark.parametrize("task_id", ["metaworld/drawer-close", "locomotion/walker2d-forward"])
def test_samples_read_clean(task_id, sample, compose, code):
    assert read(code(compose(task_id, sample=sample)), task(task_id).scene).findings == ()


def test_it_says_that_it_is_a_composer(compose, code):
    reply = compose("metaworld/drawer-open")
    assert "without a language model" in reply.text
    assert "no language model took part" in code(reply)


def test_a_goal_cannot_break_out_of_the_docstring(compose, code):
    goal = 'Open the drawer """ + open("x") # \\'
    source = code(compose("metaworld/drawer-open", goal))
    assert read(source, task("metaworld/drawer-open").scene).findings == ()


def test_a_speed_in_the_goal_is_the_speed_that_gets_full_pay(compose, code):
    assert "SPEED = 3.5 " in code(compose("locomotion/half-cheetah-forward", "Run at 3.5 m/s"))
    slow = compose("locomotion/half-cheetah-forward", "Walk backward at 0.5 m/s")
    assert "SPEED = 0.5 " in code(slow)
    assert "-forward / SPEED" in code(slow)


@pytest.mark.parametrize(
    ("task_id", "goal", "skill"),
    [
        ("locomotion/hopper-forward", "Jump as high as you can.", "jump"),
        ("locomotion/hopper-forward", "Do a back flip.", "flip"),
        ("locomotion/ant-forward", "Control the Ant to lie down.", "lie"),
        ("locomotion/ant-forward", "Wave the back left leg.", "wave"),
        ("locomotion/walker2d-forward", "Stand still.", "stand"),
        ("metaworld/push", "Move the hand to the goal.", "reach"),
        ("metaworld/pick-place", "Lift the puck.", "lift"),
        ("metaworld/drawer-close", "Please shut it.", "close"),
        ("metaworld/drawer-open", "Close the drawer.", "close"),
        ("metaworld/drawer-open", "I'd like you to open the drawer.", "open"),
        ("tabletop/lift-cube", "Put the cube down.", "lower"),
        ("fetch/pick-and-place", "Put the block down.", "lower"),
        ("fetch/reach", "Keep away from the target.", "reach"),
        ("tabletop/stack-cube", "Cube B on top of cube A, please.", "stack"),
        ("tabletop/push-chair", "Knock the chair over.", "tip"),
        ("locomotion/ant-forward", "Walk sideways.", "run"),
    ],
)
def test_skills_are_found_in_free_sentences(task_id, goal, skill, compose, code):
    reply = compose(task_id, goal)
    assert reply.notes["plan"]["skill"] == skill
    assert read(code(reply), task(task_id).scene).findings == ()


@pytest.mark.parametrize(
    ("task_id", "goal", "words"),
    [
        ("metaworld/drawer-open", "", "no English words"),
        ("metaworld/drawer-open", "?!", "no English words"),
        ("metaworld/drawer-open", "Paint the drawer.", "open, close|knows"),
        ("metaworld/drawer-open", "Opne the drawer.", "did you mean 'open'"),
        ("metaworld/drawer-open", "Open the window.", "'window'.*obj1 \\(handle of the drawer"),
        ("metaworld/drawer-open", "Push the flurble.", "'flurble'"),
        ("metaworld/drawer-open", "Do not open the drawer.", "only forbids"),
        ("metaworld/drawer-open", "Is the drawer open?", "is a question.*'push the puck"),
        ("metaworld/drawer-open", "Hammer the drawer.", "nothing|cannot hammer"),
        ("metaworld/reach", "Compose a sonnet.", "no skill"),
        ("fetch/push", "Pick up the block.", "cannot lift.*block"),
        ("tabletop/lift-cube", "Stack cube A on cube B.", "'cube B'.*cubeA \\(the cube"),
        ("tabletop/push-chair", "Sit down on the chair.", "cannot lower.*chair"),
        ("locomotion/half-cheetah-forward", "Walk to the left.", "in a plane"),
        (
            "locomotion/hopper-forward",
            "Open the drawer.",
            "'open' 'drawer' is nothing for.*walking body.*jump",
        ),
        ("locomotion/ant-forward", "Do a front flip.", "pitch"),
        ("locomotion/ant-forward", "Run forward at 0 m/s.", "stand still"),
        ("locomotion/hopper-forward", "Wave the left leg.", "feet"),
        ("metaworld/drawer-open", "Run forward at 2 m/s.", "'run'.*an arm"),
    ],
)
def test_what_it_cannot_ground_it_refuses_in_one_line(task_id, goal, words, compose):
    with pytest.raises(GoalNotUnderstood, match=words) as error:
        compose(task_id, goal)
    assert "\n" not in str(error.value)


def test_a_scene_without_a_thing_is_refused(request_):
    with pytest.raises(GoalNotUnderstood):
        OfflineComposer().write(request_)


def test_a_refused_program_of_its_own_is_a_coder_error(ask, compose, code):
    source = code(compose("metaworld/drawer-open"))
    attempt = Attempt(source, (Finding("UnknownAttribute", "there is no obj3"),))
    with pytest.raises(CoderError, match="there is no obj3"):
        OfflineComposer().write(ask("metaworld/drawer-open", attempt=attempt))


def test_for_a_tasks_own_sentence_it_quotes_the_reference_library(ask, code):
    reply = OfflineComposer().write(ask("tabletop/lift-cube"))
    (entry,) = (e for e in library.reference() if e.task_id == "tabletop/lift-cube")
    assert code(reply).strip() == entry.source.strip()
    assert "reference library" in reply.notes["coder"]


@pytest.mark.parametrize(
    "other",
    [
        {"goal": "Pick up cube A and lift it up by 0.2 meter, gently."},
        {"sample": 1},
        {"comments": ["too slow"]},
        {"attempt": Attempt("x = 1", (Finding("NoCode", "no function"),))},
    ],
    ids=["another wording", "another candidate", "a comment", "a refused quotation"],
)
def test_anything_else_is_composed(other, ask):
    reply = OfflineComposer().write(ask("tabletop/lift-cube", **other))
    assert reply.notes["plan"]["skill"] == "lift"


@pytest.mark.parametrize(
    ("task_id", "goal", "text"),
    [
        ("gym/Humanoid-v5", "Walk forward at 1.5 m/s.", "self.bodies.torso.velocity[0]"),
        ("gym/HalfCheetah-v5", "Run backward.", "-forward / SPEED"),
        ("gym/Hopper-v5", "Do a front flip.", "self.joints.rooty.angle"),
        ("gym/Reacher-v5", "Reach the target.", "self.bodies.fingertip.position"),
        ("gym/Pusher-v5", "Push the object to the goal.", "self.bodies.object.position"),
    ],
)
def test_scenes_derived_from_a_model_are_grounded_by_their_names(
    task_id, goal, text, compose, code
):
    source = code(compose(task_id, goal))
    assert text in source
    assert read(source, task(task_id).scene).findings == ()


def test_a_scene_without_arm_or_body_is_refused(compose):
    with pytest.raises(GoalNotUnderstood, match="neither"):
        compose("gym/CartPole-v1", "Balance the pole.")
