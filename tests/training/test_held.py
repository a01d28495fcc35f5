"""What a run keeps of how its rewards were held."""

import json

import pytest

from rewardlab.envs.tabular import mdp
from rewardlab.shapers import Clip, CountBonus, Scale, Sum
from rewardlab.shapers.designed import ExpRD
from rewardlab.shapers.redesigned import ExpAdaRD
from rewardlab.training.train import train

LINE = mdp("linek-2024")
SMALL = {
    "algo": "a2c",
    "n_envs": 2,
    "n_timesteps": 20,
    "eval_freq": 0,
    "normalize": None,
    "policy_kwargs": {"net_arch": [8]},
    "hyperparameters": {"n_steps": 5, "gamma": LINE.gamma},
}


@pytest.mark.parametrize(
    ("make", "paid", "invariance"),
    [
        (lambda: ExpAdaRD(LINE), ["ExpAdaRD"], "exact"),
        (lambda: Scale(ExpAdaRD(LINE), 2.0), ["Scale", "ExpAdaRD"], "exact"),
        (
            lambda: Clip(Sum(CountBonus(), ExpRD.from_mdp(LINE, budget=0)), 1.0),
            ["Clip", "Sum", "CountBonus", "ExpRD"],
            "none",
        ),
    ],
)
def test_a_design_is_certified_wherever_it_stands(make, paid, invariance, tmp_path):
    shaper = make()
    run = train("tabular/linek-2024", shaper=shaper, out=tmp_path, **SMALL)
    told = json.loads((run.path / "certificate.json").read_text())
    assert told["holds"]
    assert told["gamma"] == LINE.gamma
    assert (told["paid"], told["invariance"]) == (paid, invariance)


def test_the_certificate_is_that_of_the_newest_design(tmp_path):
    shaper = ExpAdaRD(LINE, averaging=0.5)
    run = train("tabular/linek-2024", shaper=shaper, out=tmp_path, **SMALL)
    told = json.loads((run.path / "certificate.json").read_text())
    assert told["objective"] == shaper.design.objective
    assert told["margin"] == shaper.design.certificate.margin
