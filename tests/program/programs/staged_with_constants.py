"""Reward of the handle-pull task."""

import numpy as np

# thresholds [m]
NEAR = 0.03
LIFT = 0.08
TARGET_OFFSET = np.array([0.0, -0.05, 0.0])


def compute_dense_reward(self, action):
    ee = self.robot.ee_position
    handle = self.obj1.position
    below = handle + TARGET_OFFSET
    d = np.linalg.norm(ee - below)
    r_reach = np.exp(-10.0 * d**2)
    raised = max(0.0, handle[2] - self.initial.obj1.position[2])
    r_pull = min(raised / LIFT, 1.0) if d < NEAR else 0.0
    r_success = float(abs(handle[2] - self.goal_position[2]) < 0.05)
    total = 0.0
    for weight, term in zip([1.0, 3.0, 5.0], [r_reach, r_pull, r_success]):
        total += weight * term
    return float(total), {"reach": r_reach, "pull": 3 * r_pull, "success": 5 * r_success}
