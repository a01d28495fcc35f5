"""What is committed of the planted loophole is what its rows and its exact optima say."""

from pathlib import Path

import loophole

SHAPERS = Path(__file__).resolve().parents[1] / "results" / "shapers"


def test_the_page_is_that_of_its_rows(tmp_path):
    rows = loophole.measure(SHAPERS / "loophole.jsonl", [], 0, 1.0)
    loophole.write(rows, tmp_path)
    page = (SHAPERS / "loophole.md").read_text()
    assert (tmp_path / "loophole.md").read_text() == page, "python benchmarks/loophole.py"


def test_a_command_begins_where_it_was_stopped(tmp_path, monkeypatch):
    path, trained = tmp_path / "loophole.jsonl", []
    path.write_text((SHAPERS / "loophole.jsonl").read_text())
    monkeypatch.setattr(loophole, "train", lambda *what: trained.append(what))
    loophole.measure(path, list(loophole.CASES), 5, 1.0)
    assert not trained
