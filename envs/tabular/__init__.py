"""Exact environments: published finite MDPs, their arrays and their exact values.

`mdp("room-2021")` returns one, `gymnasium.make("rewardlab/Room-2021-v0")` lets one act in it, and
`from_toy_text` reads those of Gymnasium (FrozenLake, Taxi, CliffWalking).
"""

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.published import PUBLISHED, mdp
from rewardlab.envs.tabular.solve import (
    Values,
    evaluate,
    expected_return,
    greedy,
    optimal_return,
    transitions,
    value_iteration,
)

__all__ = [
    "PUBLISHED",
    "TabularMDP",
    "Values",
    "evaluate",
    "expected_return",
    "greedy",
    "mdp",
    "optimal_return",
    "transitions",
    "value_iteration",
]
