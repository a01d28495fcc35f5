import numpy as np


class Reward:
    @staticmethod
    def compute_dense_reward(self, action):
        names = frozenset(("reach", "place"))
        first = slice(0, 2)
        gap = (self.obj1.position - self.goal_position)[first]
        return -np.linalg.norm(gap) + 0.0 * len(names)
