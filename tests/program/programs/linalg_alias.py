import numpy.linalg as la
from numpy import array, clip, exp, maximum
from numpy.linalg import norm


def compute_dense_reward(self, action):
    axis = array([0.0, 0.0, 1.0])
    tilt = la.norm(axis - self.ant.torso.up_vector)
    return float(exp(-clip(tilt, 0, 2)) + maximum(self.ant.torso.velocity_x, 0.0) - 0.1 * norm(action, 2))
