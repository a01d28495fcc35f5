# task: locomotion/hopper-forward
# expect: accepted
import numpy as np


def compute_dense_reward(self, action) -> float:
    # forward speed counts most, then staying up, then little effort
    forward_reward = self.hopper.top.velocity_x
    healthy_reward = 1.0 if self.hopper.top.position_z > 0.7 else 0.0
    posture = -0.2 * abs(self.hopper.top_joint.angle)
    ctrl_cost = 1e-3 * np.sum(np.square(action))
    return forward_reward + healthy_reward + posture - ctrl_cost
