# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: use self.cubeA.pose.p, its position
import numpy as np


def compute_dense_reward(self, action):
    return -np.linalg.norm(self.cubeA.pose - self.robot.ee_pose)
