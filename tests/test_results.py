"""The committed tables say what their rows say, of the programs that the library holds."""

import shutil
from pathlib import Path

import recipe_tables
from recipes import kept, program, written
from text2reward import PUBLISHED

FOLDER = Path(__file__).resolve().parents[1] / "results" / "text2reward"


def test_tables_are_those_of_their_rows(tmp_path):
    for rows in FOLDER.glob("*.jsonl"):
        shutil.copy(rows, tmp_path)
    recipe_tables.write(tmp_path)
    for page in ("library.md", "race.md"):
        assert (tmp_path / page).read_text() == (FOLDER / page).read_text(), (
            "python benchmarks/text2reward.py tables"
        )


def test_every_published_task_has_a_program_and_what_it_was_trained_to():
    assert len(PUBLISHED) == 24
    assert set(PUBLISHED) <= set(written())
    rows = kept(FOLDER / "library.jsonl")
    assert {r["task"] for r in rows if r["program_id"] == program(r["task"]).id} == set(PUBLISHED)
