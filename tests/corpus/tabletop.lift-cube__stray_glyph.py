# task: tabletop/lift-cube
# expect: refused RewardSyntaxError
# remedy: 
import numpy as np


def compute_dense_reward(self, action):
    dist = np.linalg.norm(self.robot.ee_pose.p − self.cubeA.pose.p)
    return -dist
