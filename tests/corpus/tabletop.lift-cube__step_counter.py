# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: self.time
import numpy as np


def compute_dense_reward(self, action):
    urgency = 1.0 - self.elapsed_steps / 100
    return urgency * -np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
