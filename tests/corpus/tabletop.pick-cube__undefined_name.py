# task: tabletop/pick-cube
# expect: refused UnknownName
# remedy: did you mean self.goal_position?
import numpy as np


def compute_dense_reward(self, action):
    return -np.linalg.norm(self.cubeA.pose.p - goal_position)
