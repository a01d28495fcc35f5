import numpy as np
from scipy.spatial.transform import Rotation as R
from transforms3d.quaternions import quat2mat, qmult, qinverse


def compute_dense_reward(self, action):
    q = self.obj1.quaternion
    xyzw = np.roll(q, -1)
    r = R.from_quat(xyzw)
    up = r.apply(np.array([0.0, 0.0, 1.0]))
    euler = r.as_euler("xyz", degrees=False)
    matrix = quat2mat(q)
    tilt = np.arccos(np.clip(matrix[2, 2], -1.0, 1.0))
    rel = qmult(qinverse(q), self.obj2.quaternion)
    axis, angle = quat2axangle(rel)
    return float(up[2]) - tilt / np.pi - abs(angle) - 0.01 * abs(euler[2]) + angle_distance(q, q)
