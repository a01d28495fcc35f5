import json

import pytest

from rewardlab.coders.base import Reply
from rewardlab.coders.corrections.file import corrections_file, read
from rewardlab.design.candidate import UNCHANGED
from rewardlab.design.correcting import Journal
from rewardlab.design.draft import Draft, hollow, terms
from rewardlab.design.generate import first_request, generate
from rewardlab.errors import ProgramRefused
from rewardlab.program.finding import Finding
from rewardlab.program.program import RewardProgram

CONSTANT = "def compute_dense_reward(self, action):\n    return 0.0\n"


class Scripted:
    """Answers with programs in their order."""

    name = "scripted"

    def __init__(self, *sources):
        self.sources = list(sources)

    def write(self, request):
        source = self.sources.pop(0)
        return Reply(f"```python\n{source}```", "m1", {"prompt_tokens": 5, "completion_tokens": 2})


def test_a_draft_that_is_put_right_is_a_correction(task, good, unknown_member, events):
    generate(task, "Open it.", coder=Scripted(unknown_member, good), seed=4, on_event=events)
    (record,) = read(corrections_file()).records
    assert (record.program, record.fixed) == (unknown_member, good)
    assert (record.feedback.code, record.feedback.class_) == ("UnknownAttribute", "E3")
    assert record.feedback.line == 2
    assert "ee_position" in record.feedback.known
    assert (record.severity_before, record.severity_after) == ((6, 1), (0, 0))
    assert (record.round, record.fixed_class, record.seed) == (1, "OK", 4)
    assert (record.source, record.corrector) == ("teacher_free", "llm:m1")
    assert (record.tokens_in, record.tokens_out) == (5, 2)
    assert record.useful
    assert (record.task, record.env_family, record.goal) == (task.id, "metaworld", "Open it.")
    assert any("1 correction written to" in line for line in events.of("note"))


def test_one_that_is_not_is_kept_too_but_not_accepted(task, good, unknown_member):
    worse = good.replace("def compute", "def compute)")
    generate(task, coder=Scripted(unknown_member, worse, good))
    first, second = read(corrections_file()).records
    assert (first.accepted, first.severity_after[0]) == (False, 8)
    assert (second.accepted, second.feedback.class_, second.round) == (True, "E1", 2)


def test_severity_falls_along_accepted_records(task, good, unknown_member):
    drafts = (
        unknown_member.replace("return", "retrun"),
        unknown_member.replace("self.obj1.position", "self.obj1.place"),
        unknown_member,
        good.replace("1.0 - np.tanh", "1.0 / 0 - np.tanh"),
        good,
    )
    generate(task, coder=Scripted(*drafts), max_repairs=4)
    records = read(corrections_file()).records
    assert [r.feedback.class_ for r in records] == ["E1", "E3", "E3", "E5"]
    assert all(r.accepted and r.severity_after < r.severity_before for r in records)


def test_a_fix_that_only_takes_away_is_hollow(task, good, unknown_member):
    generate(task, coder=Scripted(unknown_member, CONSTANT))
    (record,) = read(corrections_file()).records
    assert record.accepted
    assert record.hollow
    assert record.fixed_class == "E7"
    fewer = good.replace(', "opened": float(opened)', "")
    assert terms(good) - terms(fewer) == {"opened"}
    assert hollow(Draft(good), Draft(fewer))
    assert not hollow(Draft(fewer), Draft(good))


def test_nothing_is_kept_when_switched_off(task, good, unknown_member, monkeypatch, tmp_path):
    generate(task, coder=Scripted(unknown_member, good), corrections="off")
    monkeypatch.setenv("REWARDLAB_CORRECTIONS", "off")
    generate(task, coder=Scripted(unknown_member, good))
    assert not list(tmp_path.rglob("*.jsonl"))
    generate(task, coder=Scripted(unknown_member, good), corrections=tmp_path / "own.jsonl")
    assert len(read(tmp_path / "own.jsonl").records) == 1


def test_a_place_that_cannot_be_written_costs_no_program(
    task, good, unknown_member, events, tmp_path
):
    coder = Scripted(unknown_member, good)
    (program,) = generate(task, coder=coder, corrections=tmp_path, on_event=events)
    assert program.source == good
    assert any("corrections are not kept" in line for line in events.of("note"))


def test_a_reply_without_code_is_a_draft_of_class_e1(task, good):
    class Silent(Scripted):
        def write(self, request):
            if request.attempt is None:
                return Reply("I would rather not.", "m1")
            return super().write(request)

    generate(task, coder=Silent(good))
    (record,) = read(corrections_file()).records
    assert (record.feedback.code, record.program) == ("NoCode", "I would rather not.")


def test_one_that_never_passes_ends_after_its_rounds_with_its_best(task, unknown_member):
    worse = unknown_member.replace("return", "retrun")
    coder = Scripted(worse, unknown_member, unknown_member + "# again\n", worse + "# more\n")
    with pytest.raises(ProgramRefused, match="after 3 repairs"):
        generate(task, coder=coder)
    assert coder.sources == []
    lines = corrections_file().read_text().splitlines()
    assert [json.loads(line)["accepted"] for line in lines] == [True, False, False]


def test_an_answer_that_changes_nothing_corrects_nothing(task, good, tmp_path):
    """It is not checked again, so nothing may be said of it; least of all that it is in order."""
    before = Draft(good, None, (Finding("NonFiniteReward", "nan, while training"),))
    journal = Journal(tmp_path / "c.jsonl")
    same = Draft(good, RewardProgram(good), (UNCHANGED,))
    journal.keep(first_request(task, "x", seed=0), before, same, number=1, corrector="llm:m")
    assert journal.kept == 0
