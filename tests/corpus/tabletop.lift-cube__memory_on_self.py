# task: tabletop/lift-cube
# expect: refused StatefulReward
# remedy: self.previous
import numpy as np


def compute_dense_reward(self, action):
    dist = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    if not hasattr(self, "prev_dist"):
        self.prev_dist = dist
    reward = self.prev_dist - dist
    self.prev_dist = dist
    return reward
