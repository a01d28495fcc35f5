"""Exact environments: published finite MDPs, their arrays and their exact values.

`mdp("room-2021")` returns one; importing this package registers `rewardlab/Room-2021-v0` and its
like with Gymnasium, to act in them; `from_toy_text` reads Gymnasium's own (FrozenLake, Taxi,
CliffWalking).
"""

from rewardlab.envs.tabular.env import TabularEnv
from rewardlab.envs.tabular.linek import linek_2021_cells
from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tabular.published import PUBLISHED, mdp
from rewardlab.envs.tabular.registration import env_id, register_all
from rewardlab.envs.tabular.solve import (
    Values,
    evaluate,
    expected_return,
    greedy,
    optimal_return,
    reachable,
    transitions,
    value_iteration,
)
from rewardlab.envs.tabular.suite import build, entries
from rewardlab.envs.tabular.toy_text import from_toy_text

__all__ = [
    "PUBLISHED",
    "TabularEnv",
    "TabularMDP",
    "Values",
    "build",
    "entries",
    "env_id",
    "evaluate",
    "expected_return",
    "from_toy_text",
    "greedy",
    "linek_2021_cells",
    "mdp",
    "optimal_return",
    "reachable",
    "transitions",
    "value_iteration",
]

register_all()
