import numpy as np
import pytest

from rewardlab.evaluation.curves import read_curves, sum_up

CSV = """time/total_timesteps,rollout/success_rate,reward/terms/a,reward/terms/b
100,,1,-1
200,0.5,2,-2
200,0.6,3,-1
300,0.7,3,
"""


@pytest.fixture
def curves(tmp_path):
    (tmp_path / "progress.csv").write_text(CSV)
    return read_curves(tmp_path / "progress.csv")


def test_rows_of_a_step_that_was_done_again_replace_the_older_ones(curves):
    np.testing.assert_array_equal(curves.steps, [100, 200, 300])
    steps, rates = curves.get("rollout/success_rate")
    np.testing.assert_array_equal(steps, [200, 300])
    np.testing.assert_array_equal(rates, [0.6, 0.7])


def test_a_term_that_was_not_named_counts_as_zero(curves):
    np.testing.assert_array_equal(curves.terms["b"], [-1, -1, 0])


def test_shares_add_up_to_one_and_count_magnitudes(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text("time/total_timesteps,reward/terms/a,reward/terms/b\n1,9,9\n2,3,-1\n")
    a, b = sum_up(read_curves(path))
    assert (a.name, a.mean, a.share, a.low, a.high) == ("a", 3, 0.75, 3, 9)
    assert (b.name, b.mean, b.share, b.low, b.high) == ("b", -1, 0.25, -1, 9)


def test_terms_that_are_all_zero_have_no_share(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text("time/total_timesteps,reward/terms/a\n1,0\n")
    assert sum_up(read_curves(path))[0].share == 0


def test_no_file_and_an_empty_file_have_no_rows(tmp_path):
    (tmp_path / "empty.csv").touch()
    for name in ("none.csv", "empty.csv"):
        curves = read_curves(tmp_path / name)
        assert len(curves.steps) == 0
        assert sum_up(curves) == []
        assert len(curves.get("rollout/success_rate")[0]) == 0


def test_a_row_cut_off_by_a_crash_is_left_out(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text(CSV + "400,0.8")
    assert read_curves(path).steps[-1] == 300
