# task: tabletop/open-cabinet-drawer
# expect: accepted
import numpy as np
from scipy.spatial import distance as sdist
from transforms3d.euler import quat2euler


def compute_dense_reward(self, action):
    handle = self.cabinet.handle
    tips = self.robot.get_ee_coords()
    cloud = handle.get_world_pcd()
    dist_to_handle = sdist.cdist(tips, cloud).min()
    reward = 1.0 - np.tanh(4.0 * dist_to_handle)

    roll, pitch, yaw = quat2euler(self.robot.ee_pose.q)
    upright = 0.05 * (np.cos(roll) + np.cos(pitch))
    reward += upright

    opened = clip_and_normalize(handle.qpos, 0.0, handle.target_qpos)
    if dist_to_handle < 0.1:
        reward += 2.0 * opened
        if handle.qpos >= handle.target_qpos:
            reward += 2.0 if handle.check_static() else 1.0
    # the base should come to rest near the cabinet
    gap = np.linalg.norm(self.robot.base_position - self.cabinet.pose.p[:2])
    reward -= 0.1 * max(gap - 1.0, 0.0)
    reward -= 0.05 * np.linalg.norm(self.robot.base_velocity) * (gap < 1.0)
    reward -= 1e-3 * np.sum(np.square(action))
    return reward
