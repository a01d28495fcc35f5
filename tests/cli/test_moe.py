"""`rewardlab moe`, as a person calls it."""

import numpy as np
import pytest

from rewardlab.policies.rate import Rate


def test_plan_prints_the_best_of_every_order(cli):
    done = cli("moe", "plan", "-n", "1e5", "-s", "4")
    assert done.code == 0
    head, columns, *rows = done.out.splitlines()
    assert head.startswith("n = 100,000, s = 4, alpha = 2")
    assert columns.split()[:3] == ["order", "k", "parameters"]
    assert rows[1].split() == ["1", "5", "29", "29.5", "0.06729", "<-", "smallest"]
    assert rows[4].startswith("29 linear experts")
    assert "warning" not in done.out


def test_plan_as_json(cli):
    found = cli("moe", "plan", "-n", "1000", "-s", "1", "--json").json
    assert (found["m"], found["k"], found["warnings"]) == (3, 1, [])
    assert found["table"][0] == {
        "k": 0,
        "parameters": 1,
        "m": 5,
        "m_continuous": pytest.approx(4.587, abs=1e-3),
        "bound": pytest.approx(0.1298, abs=1e-4),
    }


def test_many_covariates_are_warned_of(cli):
    assert "warning: with s = 39 covariates" in cli("moe", "plan", "-n", "1e6", "-s", "39").out


def test_states_give_their_dimension(cli, tmp_path):
    rng = np.random.default_rng(0)
    bent = np.sin(rng.standard_normal((2000, 2)) @ rng.standard_normal((2, 39)))
    np.save(tmp_path / "states.npy", bent)
    done = cli("moe", "plan", "-n", "1e5", "--states", "states.npy", "--json")
    assert done.json["s"] == 2
    assert done.json["dimension"] == pytest.approx(2, abs=0.2)
    flat = cli("moe", "plan", "-n", "1e5", "--states", "states.npy", "--method", "pca", "--json")
    assert flat.json["s"] > 2


def test_pilots_give_the_constants(cli, tmp_path):
    rate = Rate(2, 2.0, 0.5, 0.01)
    rows = [f"{m},{k},500,{rate.bound(m, k, 500)}" for m in (1, 8) for k in (0, 1)]
    (tmp_path / "pilots.csv").write_text("\n".join(["m,k,n,mse", *rows]))
    found = cli("moe", "plan", "-n", "2000", "-s", "2", "--pilots", "pilots.csv", "--json").json
    assert found["A"] == pytest.approx({"0": 0.5, "1": 0.5})
    assert found["sigma2"] == pytest.approx(0.01)
    assert [row["k"] for row in found["table"]] == [0, 1]
    shown = cli("moe", "plan", "-n", "2000", "-s", "2", "--pilots", "pilots.csv").out
    assert "A0 = 0.5, A1 = 0.5, sigma2 = 0.01" in shown


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-s", "4"), "how many samples?"),
        (("-n", "1e5"), "either -s S or --states"),
        (("-n", "1e5", "-s", "4", "--states", "x.npy"), "either -s S or --states"),
        (("-n", "1", "-s", "4"), "n is the number of samples"),
        (("-n", "1e5", "-s", "4", "--gating", "softmx"), "did you mean softmax"),
        (("-n", "1e5", "--states", "none.npy"), "--states none.npy: not a .npy of numbers"),
        (("-n", "1e5", "-s", "4", "--pilots", "none.csv"), "--pilots none.csv: No such file"),
    ],
)
def test_misuse_is_one_line(cli, flags, said):
    done = cli("moe", "plan", *flags)
    assert done.code == 2
    assert said in done.error


def test_pilots_without_their_columns_are_refused(cli, tmp_path):
    (tmp_path / "pilots.csv").write_text("m,k\n1,2\n")
    done = cli("moe", "plan", "-n", "1e5", "-s", "4", "--pilots", "pilots.csv")
    assert "needs the columns m, k, n, mse" in done.error
