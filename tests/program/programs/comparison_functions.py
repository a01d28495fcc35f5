import numpy as np


def is_above(a, b, axis=2, margin=0.02):
    return a[axis] > b[axis] + margin


def in_region(p, low=(-0.5, -0.5, 0.0), high=(0.5, 0.5, 1.0)):
    return bool(np.all((p >= np.array(low)) & (p <= np.array(high))))


def compute_dense_reward(self, action):
    score = 0
    score += 1 if is_above(self.obj1.position, self.goal_position) else 0
    score += in_region(self.obj2.position)
    score += np.isclose(self.time, 0.0) + np.allclose(action, 0.0)
    score += np.array_equal(self.obj1.position, self.obj2.position)
    return float(score)
