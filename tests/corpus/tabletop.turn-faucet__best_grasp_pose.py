# task: tabletop/turn-faucet
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    handle = self.faucet.handle
    best = max(
        1 - angle_distance(handle.pose * grasp, self.robot.ee_pose)
        for grasp in handle.target_grasp_poses
    )
    chosen = min(
        handle.target_grasp_poses,
        key=lambda grasp: np.linalg.norm((handle.pose * grasp).p - self.robot.ee_pose.p),
    )
    n = len(handle.target_grasp_poses)
    near = -np.linalg.norm((handle.pose * chosen).p - self.robot.ee_pose.p)
    return float(best + 0.1 * near / n - max(0, handle.target_qpos - handle.qpos))
