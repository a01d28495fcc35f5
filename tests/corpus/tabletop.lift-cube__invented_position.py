# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: did you mean self.robot.ee_pose.p?
import numpy as np


def compute_dense_reward(self, action):
    return -np.linalg.norm(self.robot.ee_pose.position - self.cubeA.pose.p)
