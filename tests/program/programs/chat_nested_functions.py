import numpy as np


def compute_dense_reward(self, action):
    def dist(a, b):
        return np.linalg.norm(a - b)

    def bounded(x, scale=1.0, *, lo=0.0, hi=1.0):
        def inner(y):
            return max(lo, min(hi, y))

        return inner(1.0 - scale * x)

    reach = bounded(dist(self.robot.ee_position, self.obj1.position), 2.0)
    place = bounded(dist(self.obj1.position, self.goal_position), scale=3.0, hi=2.0)
    return reach + 2 * place
