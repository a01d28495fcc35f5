import numpy as np


def total(*terms, weight=1.0, **named):
    return weight * (sum(terms) + sum(named.values()))


def compute_dense_reward(self, action, *args, **kwargs):
    x, y, z = self.obj1.position
    first, *rest = self.goal_position
    return float(total(x, y, *rest, weight=0.5, height=z, first=first)) + max(*action)
