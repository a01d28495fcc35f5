"""`TabularMDP` refuses what is no MDP, and says what is wrong where."""

import dataclasses

import numpy as np
import pytest

from rewardlab.envs.tabular import TabularMDP, mdp
from rewardlab.errors import ConfigError, UnknownName


def two_states(**changes):
    t = np.zeros((2, 2, 2))
    t[:, 1, :] = 1.0
    given = {"T": t, "R": [[1.0, 0.0], [0.0, 0.0]], "gamma": 0.9, "initial": [1.0, 0.0]}
    return TabularMDP(**(given | changes))


def test_defaults_follow_from_the_reward():
    made = two_states()
    assert (made.n_states, made.n_actions, made.terminal) == (2, 2, 1)
    assert made.goal_states == (0,)
    assert made.r_max == 1.0
    assert made.horizon is None


def test_arrays_are_copies_that_nobody_can_write():
    t = mdp("room-2021").T.copy()
    made = dataclasses.replace(mdp("room-2021"), T=t)
    t[:] = 0.0
    assert made.T.sum() == pytest.approx(made.R.size)
    for array in (made.T, made.R, made.initial):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.gamma = 0.5


def test_a_row_that_is_no_distribution_is_named_with_its_sum():
    t = mdp("room-2021").T.copy()
    t[3, 4, 2] += 0.25
    with pytest.raises(ConfigError, match=r"T\[3, :, 2\] sums to 1\.25, not to 1"):
        dataclasses.replace(mdp("room-2021"), T=t)
    t[5] *= 0.5
    with pytest.raises(ConfigError, match="and 4 more rows"):
        dataclasses.replace(mdp("room-2021"), T=t)


def test_numbers_that_are_none_are_named():
    t = mdp("room-2021").T.copy()
    t[3, 4, 2] = np.nan
    with pytest.raises(ConfigError, match=r"T\[3, 4, 2\] is nan"):
        dataclasses.replace(mdp("room-2021"), T=t)
    t[3, 4, 2] = -0.5
    with pytest.raises(ConfigError, match=r"T\[3, 4, 2\] is -0\.5"):
        dataclasses.replace(mdp("room-2021"), T=t)
    with pytest.raises(ConfigError, match=r"R\[0, 1\] is inf"):
        two_states(R=[[1.0, np.inf], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"T": np.ones((2, 2))}, r"shape \(2, 2\): give \(S, S, A\)"),
        ({"T": np.ones((2, 3, 2))}, r"transpose\(0, 2, 1\)"),
        ({"R": [[1.0], [0.0]]}, r"R has shape \(2, 1\).*give \(2, 2\)"),
        ({"initial": [1.0]}, r"initial has shape \(1,\).*give \(2,\)"),
        ({"initial": [0.5, 0.25]}, "initial sums to 0.75"),
        ({"gamma": 1.0}, "gamma=1.0"),
        ({"gamma": -0.1}, "gamma=-0.1: give a discount with 0 <= gamma < 1"),
        ({"gamma": float("nan")}, "gamma=nan"),
        ({"horizon": 0}, "horizon=0"),
        ({"r_max": -1.0}, "r_max=-1.0"),
        ({"R": [[1.0, 0.0], [0.0, 2.0]]}, "state 1, the last, must be terminal"),
        ({"goal_states": (0, 7)}, "goal_states has 7: the states are 0 to 1"),
        ({"T": "none"}, "T is no array of numbers"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(changes, told):
    with pytest.raises(ConfigError, match=told) as caught:
        two_states(**changes)
    assert "\n" not in str(caught.value)


def test_unknown_names_and_switches_name_the_closest():
    with pytest.raises(UnknownName, match="did you mean room-20"):
        mdp("rom-2021")
    with pytest.raises(ConfigError, match="did you mean 'distractor'"):
        mdp("room-2022", distractr=True)
    with pytest.raises(ConfigError, match="switches of room-2021"):
        mdp("room-2021", distractor=True)
    with pytest.raises(ConfigError, match="goal_down=7"):
        mdp("room-2021", goal_down=7)
