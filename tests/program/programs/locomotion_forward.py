import numpy as np


def compute_dense_reward(self, action):
    torso = self.ant.torso
    forward_reward = torso.velocity_x
    healthy = 0.2 <= torso.position_z <= 1.0
    healthy_reward = 1.0 if healthy else 0.0
    ctrl_cost = 0.5 * np.sum(np.square(action))
    upright = np.clip(torso.up_vector[2], 0.0, 1.0)
    reward = forward_reward + healthy_reward + 0.1 * upright - ctrl_cost
    return float(reward), {
        "forward": forward_reward,
        "healthy": healthy_reward,
        "upright": 0.1 * upright,
        "control": -ctrl_cost,
    }
