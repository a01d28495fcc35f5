# task: tabletop/turn-faucet
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    handle = self.faucet.handle
    handle_pcd = handle.get_world_pcd()
    reward = 0.0
    for finger in [self.robot.lfinger, self.robot.rfinger]:
        d = cdist(finger.get_world_pcd(), handle_pcd).min()
        reward -= 0.5 * d
    progress = (handle.qpos - self.initial.faucet.handle.qpos) / (
        handle.target_qpos - self.initial.faucet.handle.qpos + 1e-6
    )
    reward += 2 * np.clip(progress, -1, 1)
    axis, angle = quat2axangle(qmult(self.robot.ee_pose.q, qinverse(handle.pose.q)))
    return reward + 0.01 * np.cos(angle)
