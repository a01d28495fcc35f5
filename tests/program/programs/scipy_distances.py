import numpy as np
from scipy.spatial import distance
from scipy.spatial.distance import cityblock, euclidean


def compute_dense_reward(self, action):
    d1 = euclidean(self.robot.ee_position, self.obj1.position)
    d2 = distance.cityblock(self.obj1.position, self.goal_position)
    d3 = distance.sqeuclidean(action, np.zeros_like(action))
    pairwise = distance.cdist(
        np.vstack([self.obj1.position, self.obj2.position]), self.goal_position.reshape(1, -1)
    ).min()
    return -(d1 + 0.5 * d2 + 0.001 * d3 + pairwise) + 0.0 * cityblock(action, action)
