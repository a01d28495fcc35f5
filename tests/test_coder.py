"""The scripted coder of `benchmarks/coder.py`: a real server, and a loop that does as implied."""

import itertools
import json
import shutil
from pathlib import Path

import coder_page
import coder_server
import pytest

from rewardlab.coders.cache import ReplyCache
from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.corrections.file import corrections_file, read
from rewardlab.coders.endpoint import Endpoint
from rewardlab.design.practice import practise
from rewardlab.design.severity import severity
from rewardlab.design.validate import validate
from rewardlab.evaluation.statistics import wilson
from rewardlab.program.program import RewardProgram

RESULTS = Path(__file__).resolve().parents[1] / "results" / "e2cl" / "coder"


@pytest.fixture
def learn(monkeypatch, tmp_path):
    """Practise on a server that breaks everything in one class and fixes it so often."""

    def run(name, q, n=2, **options):
        monkeypatch.setattr(coder_server, "P", {name: 1.0})
        monkeypatch.setattr(coder_server, "Q", {name: q})
        with coder_server.serving() as url:
            cache = ReplyCache(tmp_path / "replies")
            coder = ChatCoder("scripted", endpoint=Endpoint(url), cache=cache)
            options = {"teachers": "none", "mend": False, "memory": 0, **options}
            return practise("metaworld/drawer-open", coder=coder, n=n, out=tmp_path, **options)

    return run


def test_what_is_always_broken_and_always_fixed_runs_after_one_correction(learn):
    rows = learn("E3", 1.0)
    assert [row.runs_at(0) for row in rows] == [False] * 2
    assert [row.runs_at(1) for row in rows] == [True] * 2
    records = read(corrections_file()).records
    assert len(records) == 2
    assert all(record.useful for record in records)


def test_what_stays_broken_ends_after_its_rounds_with_the_best_so_far(learn):
    (row,) = learn("E6", 0.0, n=1, rounds=2)
    assert row.severities == ((3, 1),) * 3
    assert row.program_id == ""
    assert not any(record.accepted for record in read(corrections_file()).records)


def test_rules_need_no_answer_where_they_know_better(learn):
    """`.hand_pos` is like no member; once two programs were put right it is a rule."""
    rows = learn("E3", 1.0, n=6, mend=True)
    by = {record.corrector for record in read(corrections_file()).records}
    assert any(name.startswith("rule:learnt") for name in by)
    assert all(row.right_at(1) for row in rows)
    assert any(row.right_at(0) for row in rows)


@pytest.mark.parametrize("name", coder_server.BREAKS)
def test_the_corpus_is_broken_as_it_says(name):
    source = coder_server.draft(4, name, 0)
    verdict = validate(RewardProgram(source), coder_server.task_of(4))
    if name in ("E7", "E8"):
        assert verdict.ok
    else:
        assert severity(verdict.findings).error == name


def test_the_closed_form_of_known_cases(monkeypatch):
    monkeypatch.setattr(coder_page, "P", {"E3": 0.5, "E8": 0.25})
    monkeypatch.setattr(coder_page, "Q", {"E3": 0.5, "E8": 1.0})
    monkeypatch.setattr(coder_page, "RUNNING", ("E3",))
    monkeypatch.setattr(coder_page, "SEEN", {"none": (), "TG": ("E8",)})
    assert [coder_page.implied("none", r, sem=False) for r in range(3)] == [0.5, 0.75, 0.875]
    assert [coder_page.implied("none", r, sem=True) for r in range(2)] == [0.25, 0.5]
    assert [coder_page.implied("TG", r, sem=True) for r in range(2)] == [0.25, 0.75]


def test_measured_shares_are_what_the_error_rates_imply():
    rows = [json.loads(line) for line in (RESULTS / "rows.jsonl").read_text().splitlines()]
    for arm in ("none", "TF", "TG", "both"):
        some = [row for row in rows if row["arm"] == arm]
        assert len(some) >= 200
        for r, sem in itertools.product(range(coder_page.ROUNDS + 1), (False, True)):
            low, high = wilson(coder_page.measured(some, r, sem=sem), len(some))
            assert low <= coder_page.implied(arm, r, sem=sem) <= high, (arm, r, sem)


def test_the_page_is_that_of_its_rows(tmp_path):
    shutil.copy(RESULTS / "rows.jsonl", tmp_path)
    coder_page.write(tmp_path)
    assert (tmp_path / "coder.md").read_text() == (RESULTS / "coder.md").read_text(), (
        "python benchmarks/coder.py --page"
    )
