# task: tabletop/open-cabinet-door
# expect: accepted
import numpy as np
from transforms3d.euler import euler2quat, quat2euler
from transforms3d.quaternions import qconjugate, rotate_vector


def compute_dense_reward(self, action):
    handle, hand = self.cabinet.handle, self.robot.ee_pose
    wanted = handle.pose * Pose([0.0, 0.0, 0.0], euler2quat(0, np.pi / 2, 0))
    apart = wanted.inv() * hand
    roll, pitch, yaw = quat2euler(apart.q, axes="sxyz")
    turned = np.exp(-np.abs([roll, pitch, yaw]).sum())
    forward = rotate_vector(np.array([0.0, 0.0, 1.0]), hand.q)
    back = rotate_vector(forward, qconjugate(hand.q))
    to_handle = handle.pose.p - hand.p
    facing = np.dot(forward, to_handle) / (np.linalg.norm(to_handle) + 1e-6)
    reward = 0.2 * turned + 0.1 * facing + 0.1 * back[2] - 0.3 * np.linalg.norm(apart.p)
    arm_speed = np.linalg.norm(self.robot.qvel)
    return float(reward + 2 * handle.qpos / handle.target_qpos - 0.01 * arm_speed)
