# task: tabletop/lift-cube
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    target = self.cubeA.pose.p
    target[2] += 0.01
    offset = self.robot.ee_pose.p
    offset -= target
    offset *= [1.0, 1.0, 0.5]
    effort = action.copy()
    effort *= 0.1
    return 1 - np.tanh(5 * np.linalg.norm(offset)) - float(np.abs(effort).sum())
