# task: locomotion/hopper-front-flip
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    top, pitch = self.hopper.top, self.hopper.top_joint
    turned = pitch.angle - self.initial.hopper.top_joint.angle
    reward = 2.0 * np.clip(turned / (2 * np.pi), -1.0, 1.0)
    reward += 0.3 * np.tanh(pitch.angular_velocity / 5.0)
    if not self.hopper.in_contact:
        reward += 0.5 * np.clip(top.position_z - 1.0, 0.0, 0.5)
    else:
        reward += 0.1 * max(top.velocity_z, 0.0)
    # folding the leg makes turning faster
    reward += 0.1 * np.tanh(-self.hopper.leg_joint.angle)
    return reward - 1e-3 * np.sum(action**2)
