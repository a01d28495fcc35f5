import json

import pytest

from rewardlab.coders.base import Reply
from rewardlab.coders.corrections.file import corrections_file, read
from rewardlab.design.practice import practise
from rewardlab.design.practised import Row, read_rows, shares
from rewardlab.errors import CoderError


class Scripted:
    name = "scripted"

    def __init__(self, *sources):
        self.sources = list(sources)

    def write(self, request):
        if not self.sources:
            raise CoderError("nobody answers")
        return Reply(f"```python\n{self.sources.pop(0)}```", "m1")


@pytest.fixture
def flipped(good):
    """Valid, and wrong: it pays for staying away."""
    return good.replace("1.0 - np.tanh", "np.tanh")


def test_errors_are_explored_corrected_and_recorded(task, good, flipped, unknown_member, tmp_path):
    coder = Scripted(unknown_member, flipped, good)
    (row,) = practise(task, coder=coder, n=1, mend=False, out=tmp_path)
    assert [rank for rank, _ in row.severities] == [6, 1, 0]
    assert [row.runs_at(r) for r in range(3)] == [False, True, True]
    assert [row.right_at(r) for r in range(3)] == [False, False, True]
    first, second = read(corrections_file()).records
    assert (first.feedback.class_, first.fixed_class, first.source) == ("E3", "E8", "teacher_free")
    assert (second.feedback.class_, second.fixed_class) == ("E8", "OK")
    assert second.source == "teacher_guided"
    assert second.feedback.stage == "teacher"
    assert first.useful
    assert second.useful


def test_the_best_draft_is_returned_if_none_is_faultless(task, flipped, unknown_member, tmp_path):
    coder = Scripted(flipped, unknown_member)
    (row,) = practise(task, coder=coder, n=1, rounds=1, mend=False, out=tmp_path)
    assert row.program_id
    assert "MISORDERED" not in row.program_id
    assert row.reason
    assert not row.right_at(1)


def test_a_stopped_practice_goes_on(task, good, tmp_path, events):
    options = {"n": 3, "teachers": "none", "out": tmp_path}
    with pytest.raises(CoderError, match="nobody answers"):
        practise(task, coder=Scripted(good), **options)
    rest = Scripted(good, good, "never asked for")
    rows = practise(task, coder=rest, on_event=events, **options)
    assert [row.sample for row in rows] == [0, 1, 2]
    assert rest.sources == ["never asked for"]
    assert practise(task, coder=Scripted(), **options) == rows


def test_other_settings_are_another_practice(task, good, tmp_path):
    options = {"n": 1, "teachers": "none", "out": tmp_path}
    practise(task, coder=Scripted(good), **options)
    practise(task, coder=Scripted(good), **options, seed=1)
    assert len(list(tmp_path.glob("learn/*/rows.jsonl"))) == 2


def test_rows_come_back_and_half_a_line_is_left_out(tmp_path):
    row = Row(0, ((6, 1), (0, 0)), 1, "id", 0.5, "why")
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row.to_json()) + '\n{"sample": 1, "sev\n[]\n')
    assert read_rows(file) == [row]
    assert read_rows(tmp_path / "none") == []


def test_shares_count_the_best_within_so_many_corrections():
    rows = [
        Row(0, ((0, 0),)),
        Row(1, ((6, 1), (1, 1)), hits=1),
        Row(2, ((6, 1), (8, 1), (0, 0))),
        Row(3, ((3, 1), (3, 1), (3, 1))),
    ]
    found = shares(rows, 2)
    assert [one["share"] for one in found["exec"]] == [0.25, 0.5, 0.75]
    assert [one["share"] for one in found["sem"]] == [0.25, 0.25, 0.5]
    assert found["rounds"] == 5 / 4
    assert found["hits"] == 0.25
    assert found["first"] == {"E3": 2, "E6": 1, "OK": 1}
    low, high = found["exec"][2]["ci"]
    assert low < 0.75 < high
    assert shares([], 0)["exec"] == [{"share": None, "ci": None}]
