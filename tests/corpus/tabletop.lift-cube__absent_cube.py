# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: did you mean cubeA
import numpy as np


def compute_dense_reward(self, action):
    gap = np.linalg.norm(self.cubeA.pose.p - self.cubeB.pose.p)
    return -gap
