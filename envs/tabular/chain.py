"""CHAIN of ExploRS (NeurIPS 2022): a long walk right to a reward, a short one left to the end."""

from __future__ import annotations

import numpy as np

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.moves import clean, mixed, with_distractor
from rewardlab.errors import ConfigError

LEFT, RIGHT = range(2)


def chain_2022(*, n1: int = 20, n2: int = 40, distractor: bool = False) -> TabularMDP:
    """CHAIN with places 0 to n1 + n2; the right end pays 1 in each step and does not end.

    Actions: left, right. A step in twenty is a random one.

    Args:
        n1: Steps from the start to the right end (the paper has 15 too).
        n2: Steps from the start to the left end, beyond which the episode ends (or 20).
        distractor: CHAIN⁺, where moving left 15 places left of the start pays .01.
    """
    for name, value in (("n1", n1), ("n2", n2)):
        if value < 1:
            raise ConfigError(f"{name}={value!r}: give a number of steps, at least 1")
    goal = n1 + n2
    moves = [[s - 1, min(s + 1, goal)] for s in range(goal + 1)]
    moves[0][LEFT] = goal + 1
    reward = np.zeros((goal + 2, 2))
    reward[goal, RIGHT] = 1.0
    made = TabularMDP(
        mixed(clean(moves), 0.05),
        reward,
        gamma=0.99,
        initial=np.eye(goal + 2)[n2],
        horizon=40,
        goal_states=(goal,),
        r_max=1.0,
        name="chain-2022",
    )
    if not distractor:
        return made
    if n2 < 15:
        raise ConfigError(f"n2={n2}: the distractor stands 15 places left of the start")
    return with_distractor(made, n2 - 15, LEFT)
