# task: tabletop/stack-cube
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    base = self.cubeB if hasattr(self, "cubeB") else self.cubeA
    goal = getattr(self, "goal_position", base.pose.p + np.array([0, 0, 0.04]))
    still = base.check_static() if hasattr(base, "check_static") else False
    dist = np.linalg.norm(goal - self.cubeA.pose.p)
    return 1 - np.tanh(5 * dist) + 0.1 * still
