"""The papers' tabular learners, on exact MDPs and over many seeds at once.

All runs of a table are played in lockstep as rows of the same arrays, so that forty cost little
more than one. Run i draws from a stream of its own: it is the same however many run beside it.
"""

from rewardlab.training.tabular.adaptive import TabularExpAdaRD, learner_pool
from rewardlab.training.tabular.curve import Curve, finite_returns, greedy_returns
from rewardlab.training.tabular.play import Episode, Step, play
from rewardlab.training.tabular.q_learning import q_learning, q_learning_replayed
from rewardlab.training.tabular.reinforce import reinforce, softmax
from rewardlab.training.tabular.self_shaping import TabularExploRS, TabularSORS
from rewardlab.training.tabular.shaping import CountBonus, RunShaper, Table

__all__ = [
    "CountBonus",
    "Curve",
    "Episode",
    "RunShaper",
    "Step",
    "Table",
    "TabularExpAdaRD",
    "TabularExploRS",
    "TabularSORS",
    "finite_returns",
    "greedy_returns",
    "learner_pool",
    "play",
    "q_learning",
    "q_learning_replayed",
    "reinforce",
    "softmax",
]
