# task: locomotion/ant-lie-down
# expect: accepted
import numpy as np


def compute_dense_reward(self, action):
    height = self.ant.torso.position_z
    lying = 1 - np.tanh(5 * max(height - 0.4, 0.0))
    upright = clip_and_normalize(self.ant.torso.up_vector[2], 0.0, 1.0)
    velocity = np.array(
        [self.ant.torso.velocity_x, self.ant.torso.velocity_y, self.ant.torso.velocity_z]
    )
    still = np.exp(-np.linalg.norm(velocity))
    return {"lying": lying, "upright": upright, "still": still}["lying"] * 2 + upright + still * lying
