import numpy as np


def compute_dense_reward(self, action):
    if self.ant.torso.position_z < 0.2 or self.ant.torso.position_z > 2.0:
        return -1.0, {"fallen": -1.0}
    if not np.isfinite(self.ant.torso.velocity_x):
        return 0.0, {"fallen": 0.0}
    alive = 1.0
    forward = self.ant.torso.velocity_x
    return alive + forward, {"alive": alive, "forward": forward}
