"""The command that makes results/shapers: it can be stopped and started again, and writes pages."""

from dataclasses import replace

import pytest
import tabular_pages
import tabular_shapers


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


def test_ratios_compare_episodes_and_count_never_as_later():
    ours = {"method": "A", "reached": 50, "reached_resampled": [50, 40, 60, 50]}
    other = {"method": "B", "reached": 100, "reached_resampled": [100, 100, 100, None]}
    told = tabular_pages._compared(ours, other)
    assert told.startswith("Episodes of A to 90 % over those of B: 0.50 [0.00, 0.5")
    assert tabular_pages._compared(ours, {**other, "reached": None}) == ""


def test_every_table_names_methods_that_can_be_made():
    """Designs and shapers of each table for one run, on the MDP that it is about."""
    for table in tabular_shapers.TABLES.values():
        made = table.env()
        for name, make in table.methods.items():
            if not name.startswith("ExpRD B="):  # greedy designs take seconds
                paid = make(made, 1)
                assert hasattr(paid, "shape"), name
