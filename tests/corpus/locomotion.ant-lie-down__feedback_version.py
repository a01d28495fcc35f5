# task: locomotion/ant-lie-down
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    """Second version, after a person asked for the torso's top to face down."""
    upside_down = (1 - self.ant.torso.up_vector[2]) / 2
    low = np.exp(-3 * max(self.ant.torso.position_z - 0.26, 0))
    spin = np.linalg.norm(
        [
            self.ant.torso.angular_velocity_x,
            self.ant.torso.angular_velocity_y,
            self.ant.torso.angular_velocity_z,
        ]
    )
    reward = 2 * upside_down + low
    if upside_down > 0.9:
        reward += np.exp(-spin)
    return reward - 1e-2 * np.square(action).mean()
