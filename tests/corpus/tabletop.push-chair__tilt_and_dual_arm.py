# task: tabletop/push-chair
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    ee_coords = self.robot.get_ee_coords()
    chair_pcd = self.chair.get_pcd()
    dist_ees_to_chair = cdist(ee_coords, chair_pcd).min(axis=1)
    reward = float(np.mean(1 - np.tanh(3 * dist_ees_to_chair)))

    # the chair should move towards the target
    xy = self.chair.pose.p[:2]
    to_target = self.target_xy - xy
    dist = np.linalg.norm(to_target)
    reward += 2 * (1 - np.tanh(dist))
    direction = to_target / (dist + 1e-6)
    speed = float(np.dot(self.chair.velocity[:2], direction))
    if dist > 0.15:
        reward += 0.5 * np.clip(speed, -0.5, 0.5)
    else:
        reward += 2.0
        if self.chair.check_static():
            reward += 1.0

    # and stay upright
    z_axis = self.chair.pose.to_transformation_matrix()[:3, 2]
    tilt = np.arccos(np.clip(z_axis[2], -1, 1))
    reward -= 2 * max(tilt - 0.05 * np.pi, 0) + 0.2 * tilt
    right, left = self.robot.qvel[:7], self.robot.qvel[7:]
    reward -= 0.005 * (np.linalg.norm(right) + np.linalg.norm(left))
    return reward
