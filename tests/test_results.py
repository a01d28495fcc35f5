"""The committed tables say what their rows say, of the programs that the library holds."""

import shutil
from pathlib import Path

import numpy as np
import recipe_tables
import sparse_control
import sparse_pages
from recipes import kept, program, written
from text2reward import PUBLISHED

RESULTS = Path(__file__).resolve().parents[1] / "results"
FOLDER = RESULTS / "text2reward"


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


def test_the_table_of_sparse_success_is_that_of_its_rows(tmp_path):
    rows = RESULTS / "shapers" / "sparse_control.jsonl"
    sparse_pages.write(tmp_path, rows, sparse_control.METHODS)
    page = (RESULTS / "shapers" / "sparse_control.md").read_text()
    assert (tmp_path / "sparse_control.md").read_text() == page, (
        "python benchmarks/sparse_control.py page"
    )


def test_all_methods_of_sparse_success_had_the_same_steps_and_each_seed_once():
    rows = kept(RESULTS / "shapers" / "sparse_control.jsonl")
    assert {row["steps"] for row in rows} == {rows[0]["curve"][-1][0]}
    assert all(row["settings"] == sparse_control.SETTINGS for row in rows)
    runs = [(row["method"], row["seed"]) for row in rows]
    assert len(runs) == len(set(runs))
    assert {seed for method, seed in runs if method == "sparse"} >= set(range(5))


def test_the_distance_potential_is_highest_where_the_button_is_pressed():
    obs = np.zeros((3, 39))
    obs[:, 36:39] = 1.0  # the goal
    obs[1, 4:7] = 1.0  # the button at the goal, the hand elsewhere
    obs[2, 4:7] = obs[2, :3] = 1.0
    phi = sparse_control.distance(obs)
    np.testing.assert_allclose(phi, [-10 * 3**0.5, -10 * 3**0.5, 0.0])
