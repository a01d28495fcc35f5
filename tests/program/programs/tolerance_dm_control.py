import numpy as np


def sigmoid_tolerance(x, bounds=(0.0, 0.0), margin=0.0, value_at_margin=0.1):
    lower, upper = bounds
    in_bounds = lower <= x <= upper
    if margin == 0:
        return 1.0 if in_bounds else 0.0
    d = (lower - x if x < lower else x - upper) / margin
    return 1.0 if in_bounds else 1.0 / (d * np.sqrt(1 / value_at_margin - 1) ** 2 + 1)


def compute_dense_reward(self, action):
    standing = sigmoid_tolerance(self.ant.torso.position_z, bounds=(0.5, float("inf")), margin=0.25)
    upright = sigmoid_tolerance(self.ant.torso.up_vector[2], bounds=(0.9, np.inf), margin=1.9)
    small_control = (4 + sigmoid_tolerance(float(np.abs(action).mean()), margin=1.0)) / 5
    return small_control * standing * upright
