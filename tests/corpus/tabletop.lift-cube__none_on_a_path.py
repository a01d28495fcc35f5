# task: tabletop/lift-cube
# expect: refused NotScalarReward
# remedy: return
import numpy as np


def compute_dense_reward(self, action):
    dist = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    if dist > 0.05:
        return 1 - np.tanh(5 * dist)
    elif self.robot.check_grasp(self.cubeA):
        return 2.0
