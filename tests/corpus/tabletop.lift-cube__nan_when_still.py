# task: tabletop/lift-cube
# expect: refused NonFiniteReward
# remedy: 
import numpy as np


def compute_dense_reward(self, action):
    v = self.cubeA.velocity
    up = np.dot(v / np.linalg.norm(v), [0.0, 0.0, 1.0])
    reach = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    return 0.1 * up - reach
