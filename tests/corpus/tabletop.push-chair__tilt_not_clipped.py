# task: tabletop/push-chair
# expect: accepted, warns DOMAIN
import numpy as np


def compute_dense_reward(self, action):
    tilt = np.arccos(self.chair.pose.to_transformation_matrix()[2, 2])
    return -tilt - np.linalg.norm(self.chair.pose.p[:2] - self.target_xy)
