"""A small MDP and a policy whose episodes are known."""

import numpy as np

from rewardlab.envs.tabular import TabularMDP


def corridor(n=4, horizon=None):
    """A walk to the right that pays 1 when it ends; the other action stays."""
    t = np.zeros((n + 1, n + 1, 2))
    for s in range(n):
        t[s, s, 0] = t[s, s + 1, 1] = 1.0
    t[n, n] = 1.0
    reward = np.zeros((n + 1, 2))
    reward[n - 1, 1] = 1.0
    return TabularMDP(t, reward, 0.9, np.eye(n + 1)[0], horizon)


def always(made, action, n_runs):
    return np.broadcast_to(np.eye(made.n_actions)[action], (n_runs, *made.R.shape))
