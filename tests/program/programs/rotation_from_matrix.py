import numpy as np
from scipy.spatial.transform import Rotation, Slerp


def compute_dense_reward(self, action):
    start = Rotation.from_quat(self.initial.obj1.quaternion, scalar_first=True)
    now = Rotation.from_quat(self.obj1.quaternion, scalar_first=True)
    both = Rotation.from_quat(np.stack([start.as_quat(), now.as_quat()]))
    half = Slerp([0.0, 1.0], both)([0.5])
    matrix = Rotation.from_matrix(now.as_matrix())
    vector = now.as_rotvec(degrees=True)
    return float(-half.magnitude()[0] - np.linalg.norm(vector) / 180 + matrix.apply([1, 0, 0])[0])
