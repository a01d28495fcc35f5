"""MDPs and programmes that tests of designs share."""

import numpy as np

from rewardlab.envs.tabular import TabularMDP
from rewardlab.shapers import exprd
from rewardlab.shapers.tables.explicable import Explicable, Loss
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.polytope import Polytope

DEFAULTS = {"horizons": exprd.HORIZONS, "terms": "h+1", "slack": exprd.SLACK}


def random_mdp(rng, *, n_states=6, n_actions=3, gamma=0.9):
    """An MDP with a random chain, one paying state, and an end."""
    transitions = rng.dirichlet(np.full(n_states, 0.3), size=(n_states, n_actions))
    transitions[-1] = np.eye(n_states)[-1]
    reward = np.zeros((n_states, n_actions))
    reward[:-1] = rng.normal(size=(n_states - 1, n_actions))
    start = np.eye(n_states)[0]
    return TabularMDP(
        transitions.transpose(0, 2, 1), reward, gamma, start, r_max=3 * np.abs(reward).max()
    )


def problem(m, **features):
    best = optimum(m)
    polytope = Polytope.of(m, best, slack=exprd.SLACK, **features)
    return Explicable(Loss.of(m, best, **DEFAULTS), polytope)
