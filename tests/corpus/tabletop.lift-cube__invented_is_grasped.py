# task: tabletop/lift-cube
# expect: refused UnknownAttribute
# remedy: did you mean self.robot.check_grasp(self.cubeA)?
import numpy as np


def compute_dense_reward(self, action):
    reach = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    return 1 - np.tanh(5 * reach) + 1.0 * self.cubeA.is_grasped
