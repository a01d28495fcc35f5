import numpy as np


def compute_dense_reward(self, action):
    z = np.array([self.obj1.position[2], self.obj2.position[2]])
    lifted = z > 0.05
    both = bool(lifted.all())
    either = lifted[0] | lifted[1]
    mask = ~lifted & (z < 0.5)
    return 1.0 * both + 0.5 * bool(either) - 0.1 * int(mask.sum()) + float(z[lifted].sum())
