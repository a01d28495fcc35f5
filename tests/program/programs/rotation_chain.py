import numpy as np
from scipy.spatial.transform import Rotation as R


def compute_dense_reward(self, action):
    target = R.from_euler("xyz", [0, 0, 90], degrees=True)
    current = R.from_quat(self.obj1.quaternion, scalar_first=True)
    error = (target.inv() * current).magnitude()
    tilt = current.apply(np.array([0.0, 0.0, 1.0]))[2]
    yaw = current.as_euler("zyx")[0]
    matrix = current.as_matrix()
    return float(-error + 0.1 * tilt - 0.01 * abs(yaw) + 0.0 * np.trace(matrix))
