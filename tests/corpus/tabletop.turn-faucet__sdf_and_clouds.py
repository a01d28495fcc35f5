# task: tabletop/turn-faucet
# expect: accepted
import numpy as np
from scipy.spatial.distance import cdist


def compute_dense_reward(self, action):
    handle = self.faucet.handle
    # distance of the fingers to the switch, as clouds
    pcd = handle.get_world_pcd()
    fingers = np.concatenate([self.robot.lfinger.get_world_pcd(), self.robot.rfinger.get_world_pcd()])
    nearest = cdist(fingers, pcd).min()
    reward = 1 - np.tanh(5 * nearest)

    # how deep the tool centre is in the convex hull of the switch
    to_link = handle.pose.inv().to_transformation_matrix()
    local = transform_points(to_link, self.robot.ee_pose.p[None])
    depth = handle.local_sdf(local)[0]
    reward += 0.2 * (depth > -0.02)

    angle_left = max(handle.target_qpos - handle.qpos, 0.0)
    reward += 2 * (1 - np.tanh(2 * angle_left))
    if handle.qpos > handle.target_qpos:
        reward += 2.0
    reward -= 0.01 * np.square(action).sum()
    return reward
