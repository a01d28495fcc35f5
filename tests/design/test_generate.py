import json
import re

import pytest

from rewardlab.coders.base import Reply
from rewardlab.design.generate import generate
from rewardlab.errors import CoderError, GoalNotUnderstood, ProgramRefused, UsageError

GOAL = "Open the drawer, {{7*7}} times."


def calls(folder):
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


def test_a_broken_program_is_repaired_by_its_findings(
    answers, task, good, unknown_member, block, events, tmp_path, key
):
    asked = answers(block(unknown_member), block(good))
    record = tmp_path / "llm"
    (program,) = generate(
        task, GOAL, coder="openai", model="m1", record=record, on_event=events, seed=3
    )
    assert program.source == good
    assert (program.task_id, program.goal, program.origin) == (task.id, GOAL, "m1")
    assert program.parent is None
    assert program.notes["repairs"] == 1

    first, second = asked.bodies
    assert GOAL in first["messages"][0]["content"]
    assert [m["role"] for m in second["messages"]] == ["user", "assistant", "user"]
    assert unknown_member.rstrip() in second["messages"][1]["content"]
    repair = second["messages"][2]["content"]
    assert "UnknownAttribute, line 2" in repair
    assert "hand_position" in repair
    assert "ee_position" in repair

    one, two = calls(record)
    assert one["error"] == "UnknownAttribute"
    assert two["error"] is None
    assert two["program_id"] == program.id
    for call, body in zip((one, two), asked.bodies, strict=True):
        assert call["messages"] == body["messages"]
        assert call["model"] == "m1"
        assert call["temperature"] == body["temperature"]
        assert call["tokens"] == {"prompt_tokens": 11, "completion_tokens": 7}
        assert call["seed"] == body["seed"]
        assert call["cached"] is False
        assert len(call["template_hash"]) == 64
    assert [call["template"] for call in (one, two)] == ["generate", "repair"]
    assert len(events.of("refused")) == len(events.of("passed")) == 1
    written = "".join(f.read_text() for f in tmp_path.rglob("*") if f.is_file())
    assert key not in written


def test_a_fault_found_by_the_jail_is_repaired_too(answers, task, good, block):
    loops = "def compute_dense_reward(self, action):\n    return self.goal_position\n"
    asked = answers(block(loops), block(good))
    (program,) = generate(task, coder="openai")
    assert program.source == good
    assert "NotScalarReward" in asked.bodies[1]["messages"][2]["content"]


def test_a_recorded_run_is_replayed_without_a_server(
    answers, task, good, unknown_member, block, tmp_path, httpserver
):
    answers(block(unknown_member), block(good))
    (first,) = generate(task, GOAL, coder="openai", record=tmp_path / "run" / "llm")
    httpserver.clear()
    (again,) = generate(task, GOAL, coder=f"replay:{tmp_path / 'run'}")
    assert again.id == first.id
    assert httpserver.log[2:] == []


def test_a_replayed_program_knows_how_it_was_made(tmp_path):
    """The composer's plan is what a later comment on the run builds on."""
    (first,) = generate("metaworld/drawer-open", GOAL, coder="offline", record=tmp_path / "llm")
    (again,) = generate("metaworld/drawer-open", GOAL, coder=f"replay:{tmp_path}")
    assert again == first
    assert again.notes["plan"] == json.loads(json.dumps(first.notes["plan"]))


def test_the_second_time_nothing_is_asked(answers, task, good, block, tmp_path):
    asked = answers(block(good))
    generate(task, coder="openai")
    generate(task, coder="openai", record=tmp_path / "llm")
    assert len(asked.bodies) == 1
    assert calls(tmp_path / "llm")[0]["cached"] is True


def test_replies_without_code_are_bounded(answers, task, events):
    asked = answers(*(f"I would rather not, {i}." for i in range(9)))
    with pytest.raises(CoderError, match="no reply held a program"):
        generate(task, coder="openai", max_repairs=2, on_event=events)
    assert len(asked.bodies) == 3
    assert "holds no Python code block" in asked.bodies[1]["messages"][2]["content"]


def test_the_same_answer_twice_ends_the_candidate(answers, task, unknown_member, block):
    asked = answers(block(unknown_member))
    with pytest.raises(ProgramRefused, match="the same answer came twice") as raised:
        generate(task, coder="openai", max_repairs=9)
    assert len(asked.bodies) == 2
    assert [f.code for f in raised.value.verdict.errors] == ["UnknownAttribute"]


def test_repairs_are_bounded(answers, task, unknown_member, block):
    wrong = [unknown_member + f"# {i}\n" for i in range(9)]
    asked = answers(*map(block, wrong))
    with pytest.raises(ProgramRefused, match="UnknownAttribute"):
        generate(task, coder="openai", max_repairs=1)
    assert len(asked.bodies) == 2


def test_examples_are_shown_and_told(answers, task, good, block, events):
    asked = answers(block(good))
    (program,) = generate(task, coder="openai", few_shot=2, on_event=events)
    prompt = asked.bodies[0]["messages"][0]["content"]
    assert prompt.count("<example>") == 2
    assert len(program.notes["examples"]) == 2
    assert task.id not in program.notes["examples"]
    assert program.notes["examples"][0] in events.of("note")[0]
    assert "asked for" not in events.of("note")[0]


def test_fewer_examples_than_asked_for_are_told(answers, task, good, block, events):
    answers(block(good))
    (program,) = generate(task, coder="openai", few_shot=99, on_event=events)
    told = events.of("note")[0]
    assert 0 < len(program.notes["examples"]) < 99
    has, refused, like = map(int, re.findall(r"\d+(?=, this| of them| are too)", told))
    assert len(program.notes["examples"]) == has - refused - like


def test_the_composer_is_shown_no_examples(task, events):
    (program,) = generate(task, coder="offline", few_shot=2, on_event=events)
    assert program.notes["examples"] == []
    assert "does not read any" in events.of("note")[0]


def test_warnings_of_a_program_that_passes_are_told(answers, task, block, events):
    constant = "def compute_dense_reward(self, action):\n    return 1.0\n"
    answers(block(constant))
    generate(task, coder="openai", on_event=events)
    assert any("InsensitiveReward" in line for line in events.of("note"))


def test_without_a_key_the_composer_writes(task, events):
    (program,) = generate(task, "Open the drawer by its handle.", on_event=events)
    assert program.origin == "offline"


def test_a_goal_that_the_composer_cannot_ground_is_refused(task):
    with pytest.raises(GoalNotUnderstood):
        generate(task, "Recite a poem about the sea.", coder="offline")


def test_any_object_that_writes_is_a_coder(task, good, block):
    class Fixed:
        name = "fixed"

        def write(self, request):
            return Reply(block(good), "fixed", notes={"plan": 1})

    (program,) = generate(task, coder=Fixed())
    assert (program.origin, program.notes["plan"]) == ("fixed", 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"goal": "  "}, "goal"),
        ({"goal": "x" * 5000}, "goal"),
        ({"n": 0}, "n must"),
        ({"few_shot": -1}, "few_shot"),
        ({"max_repairs": -1}, "max_repairs"),
    ],
)
def test_misuse_is_told(task, wrong, said):
    with pytest.raises(UsageError, match=said):
        generate(task, coder="offline", **wrong)
