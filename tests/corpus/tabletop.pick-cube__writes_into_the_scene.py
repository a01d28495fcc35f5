# task: tabletop/pick-cube
# expect: refused StateMutation
# remedy: take a copy, e.g. x = self.cubeA.pose.p.copy()
import numpy as np


def compute_dense_reward(self, action):
    self.cubeA.pose.p[2] -= 0.02
    return -np.linalg.norm(self.cubeA.pose.p - self.goal_position)
