from dataclasses import replace

import pytest

from rewardlab.coders.base import Attempt, Round
from rewardlab.coders.extraction import extract
from rewardlab.coders.offline import OfflineComposer
from rewardlab.coders.offline.advice import ADVICE
from rewardlab.design.generate import first_request, generate
from rewardlab.envs.tasks import task
from rewardlab.errors import GoalNotUnderstood
from rewardlab.program.reading import read

DRAWER, CHEETAH, ANT = (
    "metaworld/drawer-open",
    "locomotion/half-cheetah-forward",
    "locomotion/ant-forward",
)


@pytest.mark.parametrize(
    ("task_id", "comment", "up", "down"),
    [
        (DRAWER, "It is too slow.", ("haste",), ()),
        (DRAWER, "too fast, be gentle", ("calm",), ()),
        (DRAWER, "it shakes a lot", ("effort", "calm"), ()),
        (DRAWER, "It never touches the handle!", ("reach", "touch"), ()),
        (DRAWER, "close the gripper", ("grip",), ()),
        (DRAWER, "Keep the gripper open.", ("grip",), ()),
        (DRAWER, "pull harder", ("force",), ()),
        (DRAWER, "stay lower", ("height",), ()),
        (DRAWER, "it should stay higher", ("height",), ()),
        (DRAWER, "it stops before the goal", ("finish", "done"), ()),
        (DRAWER, "the drawer is not fully open", ("finish", "done"), ()),
        (DRAWER, "open it more", ("finish", "done"), ()),
        (DRAWER, "it overshoots", ("done", "calm"), ()),
        ("metaworld/pick-place", "it drops the puck", ("grasp",), ()),
        (DRAWER, "more weight on reach", ("reach",), ()),
        (DRAWER, "more weight on the success term", ("done",), ()),
        (DRAWER, "less reach", (), ("reach",)),
        (DRAWER, "remove grip", (), ("grip",)),
        (ANT, "it drifts to the left", ("drift",), ()),
        (ANT, "it falls over", ("upright",), ()),
        (CHEETAH, "it wobbles", ("effort", "bounce"), ()),
        (CHEETAH, "stay lower", ("low",), ("high",)),
        (CHEETAH, "jump higher", ("high",), ()),
    ],
)
def test_a_comment_moves_the_weights_it_speaks_of(
    task_id, comment, up, down, compose, code, weights
):
    before = weights(code(compose(task_id)))
    reply = compose(task_id, comments=[comment])
    after = weights(code(reply))
    assert read(code(reply), task(task_id).scene).findings == ()
    for term in up:
        assert after[term] > before.get(term, 0.0)
    for term in down:
        assert after.get(term, 0.0) < before[term]
    unmoved = set(before) - {*up, *down}
    assert {t: after[t] for t in unmoved} == {t: before[t] for t in unmoved}


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        ("close the gripper", "(0.9 - openness)"),
        ("do not close the gripper", "(openness - 0.3)"),
        ("The gripper should not be open.", "(0.9 - openness)"),
        ("don't open the gripper", "(0.9 - openness)"),
        ("approach it straight", "way_to(hand, handle)"),
        ("come from above", "HOVER = 0.15"),
        ("stay lower", "HIGH = 0.02"),
        ("stay higher", "LOW = 0.05"),
    ],
)
def test_a_comment_on_the_way_of_doing_it_changes_the_code(comment, text, compose, code):
    assert text in code(compose(DRAWER, comments=[comment]))
    assert text in code(compose(DRAWER, comments=[comment])).replace(comment, "")


def test_faster_and_slower_change_the_speed_of_a_gait(compose, code):
    def speed(*comments):
        return compose(CHEETAH, comments=comments).notes["plan"]["options"]["speed"]

    assert speed("too slow") > speed() > speed("too fast")
    assert speed("too slow", "slower please") == pytest.approx(speed())


def test_comments_add_up_and_are_told_in_docstring_and_notes(compose, code):
    reply = compose(DRAWER, comments=["pull harder", "it shakes"])
    assert [change["comment"] for change in reply.notes["plan"]["changes"]] == [
        "pull harder",
        "it shakes",
    ]
    assert '- "pull harder": force' in code(reply).replace("'", '"')
    assert len(reply.notes["changes"]) == 2


def test_one_comment_may_say_two_things(compose, weights, code):
    after = weights(code(compose(DRAWER, comments=["Too slow, and it shakes."])))
    assert {"haste", "calm"} <= set(after)


@pytest.mark.parametrize(
    "comment",
    [
        "purple",
        "great!",
        "no good",
        "do not push harder",
        "remove the moon",
        "more weight on zebra",
    ],
)
def test_a_comment_it_cannot_act_on_is_refused_with_what_it_can(comment, compose):
    with pytest.raises(GoalNotUnderstood, match=r"'push harder'.*reach, "):
        compose(DRAWER, comments=[comment])


@pytest.mark.parametrize("task_id", [DRAWER, CHEETAH])
def test_without_words_the_next_variant_is_tried_and_says_so(task_id):
    parent = generate(task_id, coder="offline")[0]
    seen = {parent.source}
    for _ in range(4):
        rounds = (Round(parent, "success 0 %", ""),)
        request = replace(first_request(task(task_id), parent.goal, seed=0), rounds=rounds)
        reply = OfflineComposer().write(request)
        assert "Nobody said in words what should change" in reply.notes["coder"]
        assert ("plan" in parent.notes) != ("composed anew" in reply.notes["coder"])
        source = extract(reply.text)
        parent = replace(parent, source=source, notes=dict(reply.notes))
        assert source not in seen
        seen.add(source)


def test_the_gripper_of_a_walking_body_is_refused(compose):
    with pytest.raises(GoalNotUnderstood, match="cannot act on"):
        compose(CHEETAH, comments=["close the gripper"])


def test_it_continues_from_its_own_plan_without_the_rounds_before(compose, code):
    first = compose(DRAWER, sample=1, comments=["pull harder"])
    plan = {**compose(DRAWER, sample=1).notes["plan"], "changes": first.notes["plan"]["changes"]}
    second = compose(DRAWER, comments=["too slow"], origin="offline", plan=plan)
    assert [c["comment"] for c in second.notes["plan"]["changes"]] == ["pull harder", "too slow"]
    assert second.notes["plan"]["sample"] == 1
    assert "not written by this composer" not in code(second)


def test_it_continues_from_a_program_of_another_coder_and_says_so(compose, code):
    reply = compose(DRAWER, comments=["make it purple", "too slow"], origin="gpt")
    assert "not written by this composer" in " ".join(code(reply).split())
    assert "not written by this composer" in reply.notes["coder"]
    assert '"make it purple": nothing that' in " ".join(code(reply).split())


def test_it_tells_that_it_replaces_a_program_of_the_library(compose, ask):
    quoted = OfflineComposer().write(ask(DRAWER))
    assert quoted.notes["library"] == "drawer-open"
    reply = compose(DRAWER, comments=["too slow"], origin="offline")
    assert "is the reference library's" in reply.notes["coder"]
    assert "composed anew" in reply.notes["coder"]


def test_it_tells_that_it_replaces_a_foreign_program_that_failed(compose):
    failed = Attempt("def compute_dense_reward(self, action): ...", ())
    assert "composed anew" in compose(DRAWER, attempt=failed).notes["coder"]


@pytest.mark.parametrize(
    "task_id", [DRAWER, CHEETAH, ANT, "metaworld/pick-place", "metaworld/reach"]
)
def test_any_term_can_go_and_the_rest_still_stands(task_id, compose, code, weights):
    for term in weights(code(compose(task_id))):
        source = code(compose(task_id, comments=[f"remove the {term} term"]))
        assert term not in weights(source)
        assert read(source, task(task_id).scene).findings == ()


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: advice.name)
@pytest.mark.parametrize(
    ("task_id", "goal"),
    [
        ("metaworld/pick-place", None),
        ("metaworld/reach", None),
        ("metaworld/button-press", None),
        ("metaworld/drawer-open", "Close the drawer."),
        ("metaworld/reach", "Get the hand away from the goal."),
        ("tabletop/stack-cube", "Stack the cubes."),
        ("tabletop/lift-cube", "Put the cube down."),
        ("tabletop/pick-cube", "Lift the cube."),
        ("tabletop/push-chair", "Knock the chair over."),
        ("tabletop/turn-faucet", "Turn the tap on."),
        ("locomotion/ant-forward", "Walk sideways."),
        ("gym/Pusher-v5", "Push the object to the goal."),
        ("gym/Humanoid-v5", "Walk forward."),
        ("locomotion/hopper-forward", "Do a back flip."),
        ("locomotion/ant-forward", "Lie down."),
    ],
)
def test_what_it_says_it_understands_it_does_or_refuses(
    advice, task_id, goal, compose, code, weights
):
    comment = advice.name.replace("TERM", "effort")
    before = code(compose(task_id, goal))
    try:
        reply = compose(task_id, goal, comments=[comment])
        again = compose(task_id, goal, comments=[comment, comment], origin="user")
    except GoalNotUnderstood:
        return
    assert code(again).split("# What each")[1] != code(reply).split("# What each")[1]
    assert set(weights(code(reply))) == set(reply.notes["plan"]["weights"])
    assert code(reply).split("# What each")[1] != before.split("# What each")[1]
    assert read(code(reply), task(task_id).scene).findings == ()
