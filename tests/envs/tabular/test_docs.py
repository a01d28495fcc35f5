"""What docs/tabular.md shows works as it stands, and its numbers are those of the code."""

import re
from pathlib import Path

import pytest

from rewardlab.envs.tabular import PUBLISHED, mdp, optimal_return

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "tabular.md").read_text("utf-8")


def test_its_code_runs(capsys):
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "tabular.md", "exec"), names)
    assert capsys.readouterr().out.startswith("5.90215966")
    assert names["lake"].gamma == 0.95
    assert names["shaped"].returns.shape == (10, 3)
    for design in (names["sparse"], names["dense"], names["adapted"]):
        assert design.certificate.holds
    assert len(names["sparse"].states) == 4
    assert names["dense"].objective == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", PUBLISHED)
def test_its_table_is_what_the_arrays_say(name):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
    size, gamma, horizon, best, best_within = (cell.strip() for cell in row.split("|")[2:-1])
    made = mdp(name)
    assert size == f"{made.n_states}, {made.n_actions}"
    assert (float(gamma), int(horizon)) == (made.gamma, made.horizon)
    assert best == f"{optimal_return(made):.5f}"
    assert best_within == f"{optimal_return(made, horizon=made.horizon):.5f}"
