import json

import pytest

from rewardlab.design.fault import fault_of
from rewardlab.design.refine import refine
from rewardlab.design.validate import probe_rows
from rewardlab.errors import CoderError, ProgramRefused, UnknownName, UsageError
from rewardlab.program.diff import program_diff
from rewardlab.program.program import RewardProgram


def rounds(body):
    text = body["messages"][0]["content"]
    inside = text.split("<rounds>\n")[1].split("\n</rounds>")[0]
    return [json.loads(line) for line in inside.splitlines()]


def test_a_comment_makes_the_next_program(answers, make_run, good, block):
    run = make_run("first")
    better = good.replace("5.0", "8.0")
    asked = answers(block(better))
    child = refine(run, "It stops {short} of the handle.", coder="openai", model="m")
    assert child.source == better
    assert child.parent == run.program.id
    assert (child.origin, child.task_id, child.goal) == ("m", run.config.task, run.config.goal)
    assert "8.0" in program_diff(run.program, child)

    (past,) = rounds(asked.bodies[0])
    assert past["general_code"] == good
    assert past["feedback"] == "It stops {short} of the handle."
    assert "success 0.30 (95% CI 0.14 to 0.52)" in past["description"]
    assert "Term reach" in past["description"]

    said = json.loads((run.path / "feedback.json").read_text())
    assert said["comment"] == "It stops {short} of the handle."
    assert said["child"] == child.id
    assert RewardProgram.load(run.path / said["program"]).parent == run.program.id
    assert json.loads((run.path / "llm" / "0001.json").read_text())["template"] == "feedback"


def test_all_earlier_rounds_are_told(answers, make_run, good, block):
    first = make_run("first", created="1")
    second_source = good.replace("5.0", "8.0")
    answers(block(second_source))
    child = refine(first, "Go closer.", coder="openai")
    second = make_run("second", child.source, parent=child.parent, created="2")
    third_source = good.replace("5.0", "9.0")
    asked = answers(block(third_source))
    refine(second, "Pull harder.", rating=4, prefer="first", coder="openai")
    told = rounds(asked.bodies[0])
    assert [r["feedback"] for r in told] == ["Go closer.", "Pull harder."]
    assert [r["general_code"] for r in told] == [good, second_source]
    assert "4 of 5" in told[-1]["description"]
    assert "prefers the behaviour of run first" in told[-1]["description"]
    assert told[0]["description"].startswith("Run first.")


def test_a_preferred_run_of_another_line_is_shown_too(answers, make_run, good, block):
    other_source = good.replace("5.0", "8.0")
    run, other = make_run("one"), make_run("two", other_source)
    asked = answers(block(good.replace("5.0", "9.0")))
    refine(run, prefer=other, coder="openai")
    told = rounds(asked.bodies[0])
    assert [r["general_code"] for r in told] == [other_source, good]
    assert told[0]["description"].startswith("Run two.")
    assert "success 0.30" in told[0]["description"]
    assert "prefers the behaviour of run two" in told[1]["description"]
    said = json.loads((run.path / "feedback.json").read_text())
    assert (said["prefer"], said["other"]) == ("two", "two")


@pytest.mark.parametrize(
    ("prefer", "sentence"),
    [
        ("one", "prefers the behaviour of run one"),
        ("equal", "finds both equally good"),
        ("neither", "finds both bad"),
    ],
)
def test_two_clips_can_be_compared(answers, make_run, good, block, prefer, sentence):
    run, other = make_run("one"), make_run("two", good.replace("5.0", "8.0"))
    asked = answers(block(good.replace("5.0", "9.0")))
    refine(run, prefer=prefer, other=other, seen="It {waves} & stops.", coder="openai")
    told = rounds(asked.bodies[0])[-1]["description"]
    assert f"compared the clips of this run and of run two and {sentence}" in told
    assert "A person saw: It {waves} & stops." in told


def test_a_run_is_not_compared_with_itself_or_with_another_task(make_run):
    run, other = make_run("one"), make_run("two")
    with pytest.raises(UsageError, match="with itself"):
        refine(run, prefer=run)
    text = (other.path / "config.yaml").read_text()
    (other.path / "config.yaml").write_text(text.replace("drawer-open", "drawer-close"))
    with pytest.raises(UsageError, match="only runs of one task"):
        refine(run, prefer=other)
    with pytest.raises(UsageError, match="which runs"):
        refine(run, prefer="equal")
    assert not (run.path / "feedback.json").exists()


NASTY = "{{ 7 * 7 }} {% raw %} {x!r} ```python\nimport os\n``` </rounds> <b>&amp;</b> \\n"


def test_code_and_words_of_others_stay_data(answers, make_run, good, block):
    source = good.replace("    reach =", f"    # {NASTY!r} {{% if %}}\n    reach =")
    run = make_run("one", source)
    asked = answers(block(good))
    refine(run, NASTY, seen=NASTY, coder="openai")
    (told,) = rounds(asked.bodies[0])
    assert told["general_code"] == source
    assert told["feedback"] == NASTY.strip()
    assert NASTY.strip() in told["description"]


def test_what_was_said_is_kept_before_the_coder_is_asked(answers, make_run, good, block):
    run = make_run("one")
    answers("no code")
    with pytest.raises(CoderError):
        refine(run, "Be gentle.", rating=2, coder="openai", max_repairs=0)
    said = json.loads((run.path / "feedback.json").read_text())
    assert (said["comment"], said["rating"], said["child"]) == ("Be gentle.", 2, None)
    answers(block(good.replace("5.0", "9.0")))
    child = refine(run, "Be gentle.", rating=2, coder="openai")
    said = json.loads((run.path / "feedback.json").read_text())
    assert (said["child"], said["earlier"]) == (child.id, [])


def test_an_unfinished_run_is_refined_by_what_it_showed(answers, make_run, good, block, events):
    run = make_run("one")
    run.update(status="interrupted")
    asked = answers(block(good.replace("5.0", "9.0")))
    refine(run, "Be gentle.", coder="openai", on_event=events)
    assert "Training interrupted" in rounds(asked.bodies[0])[0]["description"]
    assert any("interrupted" in line for line in events.of("note"))


def test_a_run_whose_program_was_never_written_says_how_to_go_on(make_run):
    run = make_run("one")
    (run.path / "program.py").unlink()
    with pytest.raises(UsageError, match="rewardlab run --resume"):
        refine(run, "Better.")


def test_earlier_feedback_on_the_same_run_is_kept(answers, make_run, good, block):
    run = make_run("first")
    answers(block(good.replace("5.0", "6.0")), block(good.replace("5.0", "7.0")))
    a = refine(run, "One.", coder="openai")
    b = refine(run, "Two.", coder="openai")
    said = json.loads((run.path / "feedback.json").read_text())
    assert (said["comment"], said["child"]) == ("Two.", b.id)
    assert [(e["comment"], e["child"]) for e in said["earlier"]] == [("One.", a.id)]
    assert len(list((run.path / "next").glob("*.py"))) == 2
    assert len(list((run.path / "llm").glob("*.json"))) == 2


def test_the_parent_handed_back_unchanged_is_asked_again(answers, make_run, good, block):
    run = make_run("first")
    better = good.replace("5.0", "8.0")
    asked = answers(block(good), block(better))
    assert refine(run, "Better.", coder="openai").source == better
    assert "Unchanged" in asked.bodies[1]["messages"][2]["content"]


def test_no_program_is_kept_when_none_passes(answers, make_run, unknown_member, block):
    run = make_run("first")
    answers(block(unknown_member))
    with pytest.raises(ProgramRefused):
        refine(run, "Better.", coder="openai")
    assert not (run.path / "next").exists()
    assert json.loads((run.path / "feedback.json").read_text())["child"] is None
    assert (run.path / "llm" / "0001.json").exists()


def test_the_offline_composer_refines_its_own_program(make_run, task):
    from rewardlab.design.generate import generate

    (program,) = generate(task, "Open the drawer by its handle.", coder="offline")
    run = make_run("first", program.source)
    child = refine(run, "It moves too fast, go slower.", coder="offline")
    assert child.parent == program.id
    assert child.id != program.id


def test_a_run_without_a_program_cannot_be_refined(make_run):
    with pytest.raises(UsageError, match="no program to refine"):
        refine(make_run("plain", reward="oracle"), "Better.")


def test_an_unknown_run_is_told():
    with pytest.raises(UnknownName, match="run"):
        refine("no-such-run", "Better.")


FRAGILE = """def compute_dense_reward(self, action):
    near = 1.0 - np.linalg.norm(self.robot.ee_position - self.obj1.position)
    if 0.3041 < self.time < 0.3042 and action[0] > 0.123:
        near = near / (self.time - self.time)
    return float(near), {"near": float(near)}
"""
GUARDED = FRAGILE.replace("(self.time - self.time)", "max(self.time, 0.1)")


@pytest.fixture
def stopped(make_run, task):
    """A run that its program stopped by a fault, on a state that no probe tries."""
    run = make_run("stopped", FRAGILE)
    rows = probe_rows(task, 0).rows
    row = rows[0].copy()
    row[3 * task.scene.size] = 0.30415
    row[3 * task.scene.size + 1] = 0.5
    fault = {
        "code": "NonFiniteReward",
        "message": "the reward is inf",
        "hint": "guard the division",
        "line": None,
        "program_id": run.program.id,
        "read": {"time": 0.30415},
        "values": row.tolist(),
    }
    run.release("failed", reason="the reward program failed", fault=fault)
    return run


def test_a_fault_goes_back_to_the_coder_with_its_state(answers, stopped, block):
    asked = answers(block(GUARDED))
    child = refine(stopped, coder="openai", model="m")
    assert child.source == GUARDED
    assert child.parent == stopped.program.id
    first, said, repair = (m["content"] for m in asked.bodies[0]["messages"])
    assert "<rounds>" not in first
    assert FRAGILE.rstrip() in said
    assert "NonFiniteReward: the reward is inf, while training | guard the division" in repair
    assert '{"time": 0.30415}' in repair
    call = json.loads((stopped.path / "llm" / "0001.json").read_text())
    assert call["stage"] == "repair"
    assert call["repairs"][0].startswith("NonFiniteReward")


def test_a_repair_must_hold_where_the_run_stopped(answers, stopped, block):
    """It passes every state of the probe."""
    cosmetic = FRAGILE + "# guarded\n"
    asked = answers(block(cosmetic), block(GUARDED))
    assert refine(stopped, coder="openai").source == GUARDED
    assert "recorded" in asked.bodies[1]["messages"][2]["content"]


def test_a_comment_on_a_stopped_run_is_told_too(answers, stopped, block):
    asked = answers(block(GUARDED))
    refine(stopped, "Be gentle.", coder="openai")
    (past,) = rounds(asked.bodies[0])
    assert past["feedback"] == "Be gentle."
    assert "while training" in asked.bodies[0]["messages"][2]["content"]


@pytest.mark.parametrize(
    "damage",
    [
        {"program_id": "of the success predicate"},
        {"code": "MadeUp"},
        {"code": ["NonFiniteReward"]},
    ],
)
def test_what_is_no_fault_of_the_program_is_not_repaired(stopped, task, damage):
    stopped.update(fault={**stopped.record["fault"], **damage})
    assert fault_of(stopped, task.scene) is None


@pytest.mark.parametrize("values", [None, "x", [1.0], [None] * 99, [float("nan")] * 187])
def test_a_damaged_row_is_left_out(stopped, task, values):
    stopped.update(fault={**stopped.record["fault"], "values": values, "line": "3", "read": 7})
    fault = fault_of(stopped, task.scene)
    assert fault.rows.shape == (0, task.scene.row_size)
    assert fault.finding.line is None


def test_a_run_that_went_on_is_not_repaired(stopped, task):
    stopped.release("finished")
    assert fault_of(stopped, task.scene) is None


def test_refining_has_a_budget_too(answers, make_run, unknown_member, good, block):
    asked = answers(block(unknown_member), block(good.replace("5.0", "8.0")))
    with pytest.raises(ProgramRefused, match="budget is used up"):
        refine(make_run("first"), "Better.", coder="openai", max_calls=1)
    assert len(asked.bodies) == 1
