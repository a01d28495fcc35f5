import numpy as np
from transforms3d.quaternions import quat2axangle, quat2mat


def compute_dense_reward(self, action):
    q = self.obj1.quaternion / np.linalg.norm(self.obj1.quaternion)
    delta = qmult(q, qinverse(self.initial.obj1.quaternion))
    _, angle = quat2axangle(delta / np.linalg.norm(delta))
    angle = angle if angle < np.pi else 2 * np.pi - angle
    up = quat2mat(q)[:, 2]
    return -abs(angle) - 0.1 * angle_between_vec(up, np.array([0, 0, 1.0])) - angle_distance(q, q)
