# task: locomotion/hopper-back-flip
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    rate = (self.hopper.top_joint.angle - self.previous.hopper.top_joint.angle) / self.dt
    reward = -0.2 * np.clip(rate, -10, 10)
    reward += 0.5 * (self.hopper.top.position_z - 1.25)
    if self.hopper.top_joint.angle < -np.pi and self.hopper.foot.in_contact:
        reward += 1.0
    penalty = 0.001 * np.linalg.norm(action)
    return reward - penalty
