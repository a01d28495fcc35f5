import scipy.spatial.distance as dist
from scipy.special import expit


def compute_dense_reward(self, action):
    d = dist.euclidean(self.obj1.position, self.goal_position)
    return float(expit(3.0 - 10.0 * d))
