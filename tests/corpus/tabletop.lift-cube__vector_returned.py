# task: tabletop/lift-cube
# expect: refused NotScalarReward
# remedy: 
import numpy as np


def compute_dense_reward(self, action):
    return 1 - np.tanh(np.abs(self.robot.ee_pose.p - self.cubeA.pose.p))
