"""Numbers that cannot mean anything are refused when a shaper is built, by name."""

import numpy as np
import pytest

from rewardlab.envs.tabular import mdp
from rewardlab.errors import ShaperFault, UnknownName, UsageError
from rewardlab.shapers import (
    BSRS,
    ICM,
    LIRPG,
    RND,
    SORS,
    CountBonus,
    DynamicPotential,
    ExploRS,
    Schedule,
    exprd,
)
from rewardlab.shapers.designed import ExpRD
from rewardlab.shapers.plain import NativeShaper
from rewardlab.training.checked import Checked

LINE = mdp("linek-2024")
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        (CountBonus, {"lam": NAN}, "CountBonus: lam is nan; give a number above 0"),
        (CountBonus, {"b_max": INF}, "b_max is inf"),
        (CountBonus, {"bits": 2.5}, "bits is 2.5; give a whole number, 1 to 64"),
        (CountBonus, {"settle": -1}, "settle is -1; give a whole number, 0 or more"),
        (ExploRS, {"clip": NAN}, "clip is nan"),
        (ExploRS, {"lr": -1.0}, "ExploRS: lr is -1.0; give a number above 0"),
        (ExploRS, {"critic_lr": 0.0}, "critic_lr is 0.0"),
        (ExploRS, {"warmup": -1}, "warmup is -1"),
        (ExploRS, {"lam": INF}, "lam is inf"),
        (RND, {"weight": NAN}, "RND: weight is nan; give a number, 0 or above"),
        (RND, {"gamma_int": 1.5}, "gamma_int is 1.5; give a number between 0 and 1"),
        (RND, {"hidden": 0}, "hidden is 0; give a whole number, 1 or more"),
        (RND, {"batch_size": "many"}, "batch_size is 'many'"),
        (RND, {"epochs": True}, "epochs is True"),
        (ICM, {"eta": INF}, "ICM: eta is inf"),
        (ICM, {"beta": NAN}, "beta is nan"),
        (ICM, {"lr": 0.0}, "lr is 0.0"),
        (SORS, {"weight": NAN}, "SORS: weight is nan; give a finite number"),
        (SORS, {"memory": 1}, "memory is 1; give a whole number, 2 or more"),
        (SORS, {"n_pairs": 0}, "n_pairs is 0"),
        (SORS, {"weight_decay": -1.0}, "weight_decay is -1.0"),
        (LIRPG, {"c_in": NAN}, "LIRPG: c_in is nan"),
        (LIRPG, {"c_ex": INF}, "c_ex is inf"),
        (LIRPG, {"lr": 0.0}, "lr is 0.0"),
        (BSRS, {"eta": NAN}, "BSRS: eta is nan; give a finite number"),
        (DynamicPotential, {"phi": np.zeros(3)}, "asks a function of observations, got array"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(kind, options, said):
    with pytest.raises(UsageError, match=said):
        kind(**options)


def test_what_is_at_the_edge_is_allowed():
    ExploRS(clip=INF, warmup=0)
    RND(weight=0.0, gamma_int=1.0, hidden=np.int64(8), lr=np.float32(1e-3))
    ICM(eta=0.0, beta=1.0)
    SORS(memory=2, weight=-1.0)


def test_a_form_that_does_not_exist_names_the_closest():
    with pytest.raises(UnknownName, match=r"'potental'; did you mean potential\?"):
        SORS(form="potental")


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (0.5, "a function of steps or .start, end, n_steps., got 0.5"),
        ((1.0, 0.0), "got .1.0, 0.0."),
        ((1.0, NAN, 10), "end is nan"),
        ((1.0, 0.0, 0), "n_steps is 0; give a whole number, 1 or more"),
    ],
)
def test_a_schedule_that_leads_nowhere_is_refused(weight, said):
    with pytest.raises(UsageError, match=said):
        Schedule(NativeShaper(), weight)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"budget": 1.5}, "budget is 1.5; give a whole number, 0 or more"),
        ({"budget": -1}, "budget is -1"),
        ({"features": np.full((LINE.R.size, 2), NAN)}, "feature 0 is nan at state 0, action 0"),
        ({"score": np.full(LINE.n_states, NAN), "score_weight": 1.0}, "score is nan at state 0"),
        ({"score": lambda states: NAN, "score_weight": 1.0}, r"score of the states \(.*is nan"),
        ({"score": lambda states: 0.0, "score_weight": NAN}, "score_weight is nan"),
    ],
)
def test_a_design_is_asked_for_in_numbers(options, said):
    with pytest.raises(UsageError, match=said):
        exprd.design(LINE, **{"budget": 1, **options})


def test_a_design_is_paid_with_a_scale_that_is_a_number():
    with pytest.raises(UsageError, match="ExpRD: scale is nan; give a number above 0"):
        ExpRD(np.zeros((2, 2)), scale=NAN)


@pytest.mark.parametrize("method", ["update", "metrics"])
@pytest.mark.parametrize("value", [NAN, np.float32("nan"), "much", None])
def test_a_number_to_log_that_is_none_does_not_go_unnoticed(method, value):
    class Diverged(NativeShaper):
        pass

    setattr(Diverged, method, lambda self, *args: {"fine": 1.0, "loss": value})
    asked = Checked(Diverged())
    with pytest.raises(ShaperFault, match=f"Diverged.{method} gave loss=.*no number to log"):
        asked.update(None) if method == "update" else asked.metrics()
