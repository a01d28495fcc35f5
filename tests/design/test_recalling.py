import pytest

from rewardlab.coders.base import Reply
from rewardlab.coders.corrections.file import append, corrections_file, read
from rewardlab.coders.corrections.record import Correction, Told
from rewardlab.design.generate import generate
from rewardlab.errors import UsageError

HEAD = "def compute_dense_reward(self, action):\n"


class Scripted:
    name = "scripted"

    def __init__(self, *sources):
        self.sources, self.requests = list(sources), []

    def write(self, request):
        self.requests.append(request)
        return Reply(f"```python\n{self.sources.pop(0)}```", "m1")


def keep(i, task="metaworld/window-close", wrong="claw", right="ee_position"):
    """Keep a correction of another program each time."""
    program = HEAD + f"    return float(self.robot.{wrong}[{i}])\n"
    name = task.partition("/")[2]
    record = Correction(
        task=task,
        goal="Close the window.",
        env_id=f"{name}-v3",
        env_family="metaworld",
        scene_sha="0",
        round=1,
        program=program,
        feedback=Told("UnknownAttribute", "E3", "static", f"self.robot has no '{wrong}'", 2),
        fixed=program.replace(wrong, right),
        fixed_class="OK",
        severity_before=(6, 1),
        severity_after=(0, 0),
        source="teacher_free",
        corrector="llm:m",
        accepted=True,
        hollow=False,
    )
    append(corrections_file(), record)
    return record


def test_corrections_are_shown_when_writing_and_when_repairing(
    answers, task, good, unknown_member, block
):
    record = keep(0)
    asked = answers(block(unknown_member), block(good))
    generate(task, coder="openai", memory=2)
    for body in asked.bodies:
        roles = [message["role"] for message in body["messages"]]
        assert roles[:3] == ["user", "assistant", "user"]
        assert "self.robot.claw" in body["messages"][0]["content"]
        assert "UnknownAttribute" in body["messages"][0]["content"]
        assert record.fixed.strip() in body["messages"][1]["content"]
    assert len(asked.bodies) == 2


def test_nothing_is_shown_unless_asked_for(task, good):
    keep(0)
    coder = Scripted(good)
    generate(task, coder=coder)
    assert coder.requests[0].corrections == ()
    assert coder.requests[0].avoid == ()


def test_names_invented_in_this_environment_are_to_be_avoided(answers, task, good, block):
    keep(0, task="metaworld/drawer-open")
    keep(1, task="metaworld/window-close", wrong="gripper")
    asked = answers(block(good))
    generate(task, coder="openai", memory=2)
    prompt = asked.bodies[0]["messages"][-1]["content"]
    assert "`claw` → `ee_position`." in prompt
    assert "`gripper`" not in prompt


def test_a_draft_is_mended_by_rules_without_asking(task, good, unknown_member, events):
    coder = Scripted(unknown_member)
    (program,) = generate(task, coder=coder, mend=True, on_event=events)
    assert program.source == good
    assert program.notes["rules"] == ["nearest hand_position -> ee_position"]
    (record,) = read(corrections_file()).records
    assert (record.source, record.corrector) == (
        "repair",
        "rule:nearest hand_position -> ee_position",
    )


def test_several_faults_are_mended_one_after_the_other(task, good, unknown_member):
    both = unknown_member.replace("self.obj1.position)\n", "self.object1.position)\n", 1)
    assert both != unknown_member
    (program,) = generate(task, coder=Scripted(both), mend=True)
    assert program.source == good
    assert len(program.notes["rules"]) == 2


def test_what_was_corrected_twice_becomes_a_rule(task, good):
    wrong = good.replace("ee_position", "claw")
    (program,) = generate(task, coder=Scripted(wrong, good), mend=True)
    assert "rules" not in program.notes
    keep(0)
    keep(1)
    (program,) = generate(task, coder=Scripted(wrong), mend=True)
    assert program.source == good
    assert program.notes["rules"] == ["learnt claw -> ee_position"]


def test_a_mend_that_does_not_help_is_kept_as_refused_and_the_coder_asked(task, good):
    keep(0, right="wrist")
    keep(1, right="wrist")
    wrong = good.replace("ee_position", "claw")
    (program,) = generate(task, coder=Scripted(wrong, good), mend=True)
    assert program.source == good
    by = {record.corrector: record.accepted for record in read(corrections_file()).records[2:]}
    assert by == {"rule:learnt claw -> wrist": False, "llm:m1": True}


def test_a_negative_memory_is_refused(task):
    with pytest.raises(UsageError, match="memory"):
        generate(task, coder="offline", memory=-1)


def test_a_broken_line_is_told_and_the_rest_used(task, good, events):
    keep(0)
    with corrections_file().open("a") as stream:
        stream.write("oops\n")
    coder = Scripted(good)
    generate(task, coder=coder, memory=1, on_event=events)
    assert len(coder.requests[0].corrections) == 1
    assert any("line 2 is broken and skipped" in line for line in events.of("note"))
