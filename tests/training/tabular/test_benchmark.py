"""The command that makes results/shapers: it can be stopped and started again, and writes pages."""

from dataclasses import replace
from pathlib import Path

import pytest
import tabular_claims
import tabular_pages
import tabular_shapers

RESULTS = Path(__file__).resolve().parents[3] / "results" / "shapers"


@pytest.fixture
def small(monkeypatch):
    name = "expadard-linek"
    few = replace(tabular_shapers.TABLES[name], n_episodes=600)
    monkeypatch.setitem(tabular_shapers.TABLES, name, few)
    return name


def test_finished_rows_are_kept(small, tmp_path, capsys):
    rows = tmp_path / "curves.jsonl"
    tabular_shapers.work(small, 2, rows)
    first = rows.read_text()
    rows.write_text("".join(first.splitlines(keepends=True)[:-1]))  # stopped before the last
    capsys.readouterr()
    tabular_shapers.work(small, 2, rows)
    assert capsys.readouterr().out.count("\n") == 1
    again = [{**row, "cpu_s": 0} for row in tabular_pages.kept(rows)]
    rows.write_text(first)
    assert again == [{**row, "cpu_s": 0} for row in tabular_pages.kept(rows)]
    assert [row["method"] for row in again] == list(tabular_shapers.TABLES[small].methods)


def test_pages_show_every_method_and_say_never(small, tmp_path):
    rows = tmp_path / "curves.jsonl"
    tabular_shapers.work(small, 2, rows)
    tabular_pages.write(tmp_path, rows)
    page = (tmp_path / "curves.md").read_text()
    assert "## expadard-linek" in page
    assert "| Orig | 0.000 [0.000, 0.000] |" in page
    assert "never [never, never]" in page
    assert (tmp_path / "expadard-linek.png").stat().st_size > 1000


def row(method, **values):
    return {"method": method, "best": 1.0, "n_episodes": 1000} | values


def test_ratios_compare_episodes_and_count_never_as_later():
    table = "explors-room-reinforce"
    ours = row("ExploRS", reached=50, reached_resampled=[50, 40, 60, 50])
    other = row("ExploB", reached=100, reached_resampled=[100, 100, 100, None])
    (told,) = tabular_claims.claims(table, [ours, other])
    assert (told.found, told.holds) == ("0.50 [0.00, 0.50]", "yes")
    slow = ours | {"reached_resampled": [70, 80, 90, 90]}
    assert tabular_claims.claims(table, [slow, other])[0].holds == "undecided"
    never = other | {"reached": None}
    assert tabular_claims.claims(table, [ours, never])[0].found == (
        "less than 0.05: ExploB never gets there"
    )
    assert tabular_claims.claims(table, [ours | {"reached": None}, other])[0].holds == "no"
    assert tabular_claims.claims(table, [ours]) == []


def test_areas_are_ordered_only_beyond_their_intervals():
    rows = [
        row("PBRS", area=[0.8, 0.9, 0.8]),
        row("ExpRD B=5", area=[0.1, 0.2, 0.1]),
        row("Orig", area=[0.9, 0.1, 0.1]),
    ]
    told = tabular_claims.claims("exprd-linek", rows)
    assert [(c.said, c.holds) for c in told] == [
        ("PBRS > ExpRD B=5", "yes"),
        ("ExpRD B=5 > Orig", "undecided"),
    ]
    rows[2]["area"] = [0.9, 0.8, 0.9]
    assert tabular_claims.claims("exprd-linek", rows)[1].holds == "no"


def test_a_task_is_solved_or_not_at_the_end():
    rows = [row("ExploB", last=[0.9, 1.0]), row("SORS", last=[0.6, 0.5])]
    told = tabular_claims.claims("explors-chain-plus-q", rows)
    assert [(c.said, c.holds) for c in told] == [
        ("ExploB solves it", "yes"),
        ("SORS does not solve it", "no"),
    ]


def test_every_table_names_methods_that_can_be_made():
    """Designs and shapers of each table for one run, on the MDP that it is about."""
    for table in tabular_shapers.TABLES.values():
        made = table.env()
        for name, make in table.methods.items():
            if not name.startswith("ExpRD B="):  # greedy designs take seconds
                paid = make(made, 1)
                assert hasattr(paid, "shape"), name


def test_the_committed_page_is_that_of_its_rows(monkeypatch, tmp_path):
    monkeypatch.setattr(tabular_pages, "_plot", lambda path, rows: None)  # seconds, not compared
    tabular_pages.write(tmp_path, RESULTS / "curves.jsonl")
    page = (RESULTS / "curves.md").read_text()
    assert (tmp_path / "curves.md").read_text() == page, (
        "python benchmarks/tabular_shapers.py pages"
    )


def test_committed_rows_have_at_least_ten_runs_of_the_lengths_that_tables_say():
    for found in tabular_pages.kept(RESULTS / "curves.jsonl"):
        table = tabular_shapers.TABLES[found["table"]]
        assert found["method"] in table.methods
        assert found["n_episodes"] == table.n_episodes
        assert found["runs"] == len(found["area"]) >= 10
