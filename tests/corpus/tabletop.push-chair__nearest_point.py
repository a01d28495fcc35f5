# task: tabletop/push-chair
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    cloud = self.chair.get_pcd()
    center = cloud.mean(axis=0)
    tips = self.robot.get_ee_coords()
    right, left = tips[:2].mean(axis=0), tips[2:].mean(axis=0)
    push = np.array([*(self.chair.pose.p[:2] - self.target_xy), 0.0])
    behind = center + 0.3 * push / (np.linalg.norm(push) + 1e-6)
    reward = -min(np.linalg.norm(right - behind), np.linalg.norm(left - behind))
    tilt = angle_between_vec(
        self.chair.pose.to_transformation_matrix()[:3, 2], np.array([0.0, 0.0, 1.0])
    )
    reward -= tilt > 0.2
    reward -= np.linalg.norm(push)
    return float(reward)
