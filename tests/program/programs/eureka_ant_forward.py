import math
from typing import Dict, Tuple

import numpy as np


def compute_dense_reward(self, action) -> Tuple[float, Dict[str, float]]:
    # Temperature parameters for the exponential reward transformations
    velocity_temp: float = 0.5
    upright_temp: float = 2.0

    # 1. Forward velocity
    forward_velocity = self.ant.torso.velocity_x
    velocity_reward = np.exp(velocity_temp * min(forward_velocity, 4.0)) - 1.0

    # 2. Staying upright
    up = self.ant.torso.up_vector
    up = up / (np.linalg.norm(up) + 1e-8)
    upright_reward = math.exp(-upright_temp * (1.0 - up[2]))

    # 3. Control cost
    control_cost = 0.05 * np.sum(np.square(action))

    reward = velocity_reward + 0.5 * upright_reward - control_cost
    reward_components = {
        "velocity_reward": velocity_reward,
        "upright_reward": 0.5 * upright_reward,
        "control_cost": -control_cost,
    }
    return float(reward), reward_components
