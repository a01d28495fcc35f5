# task: tabletop/lift-cube
# expect: refused StateMutation
# remedy: take a copy, e.g. x = action.copy()
import numpy as np


def compute_dense_reward(self, action):
    action *= 0.1
    return -np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p) - np.abs(action).sum()
