"""
Reward for sliding the object to the goal.

The reward is made of:
    1. an approach term,
    2. a push term,
    3. a small penalty on the action.

All terms are bounded, so that none dominates.
"""

import numpy as np

# ---------------------------------------------------------------------------
# Constants (tuned by hand)
# ---------------------------------------------------------------------------
APPROACH_SCALE = 10.0  # 1/m
PUSH_SCALE = 5.0  # 1/m
ACTION_PENALTY = 0.01
EPS = 1e-8


def compute_dense_reward(self, action):
    """Compute the reward.

    Args:
        self: The scene.
        action: The action.

    Returns:
        The reward.
    """
    # Vector from the end effector to the object.
    to_object = self.obj1.position - self.robot.ee_position
    # Distance, never zero.
    d1 = np.sqrt(np.sum(to_object**2) + EPS)
    # Vector from the object to the goal (only in the plane!).
    to_goal = (self.goal_position - self.obj1.position)[:2]
    d2 = np.sqrt((to_goal**2).sum() + EPS)

    approach = 1 / (1 + APPROACH_SCALE * d1)
    push = 1 / (1 + PUSH_SCALE * d2)
    penalty = ACTION_PENALTY * np.mean(np.abs(action))

    # Push only counts when close. (Else the arm could throw the object.)
    total = approach + push * (d1 < 0.1) - penalty
    return total
