# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: call it: self.cubeA.check_static()
import numpy as np


def compute_dense_reward(self, action):
    reward = -np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    if self.cubeA.check_static:
        reward -= 0.1
    return reward
