"""Mixtures of experts for policies of Stable-Baselines3.

Importing it makes `policy="MoePolicy"` known to PPO, A2C, SAC, TD3 and DQN.
"""

from rewardlab.policies.dimension import intrinsic_dimension
from rewardlab.policies.gates.make import make_gate
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.planner import fit_constants, plan
from rewardlab.policies.sb3.callback import MoeCallback
from rewardlab.policies.sb3.policy import MoePolicy
from rewardlab.policies.sb3.register import register

__all__ = [
    "MoELayer",
    "MoeCallback",
    "MoePolicy",
    "fit_constants",
    "intrinsic_dimension",
    "make_gate",
    "plan",
]

register()
