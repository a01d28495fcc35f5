def compute_dense_reward(self, action):
    import numpy as np
    from math import exp, pi
    from scipy.spatial.transform import Rotation as R

    rot = R.from_quat(np.roll(self.obj1.quaternion, -1) + np.array([0, 0, 0, 1e-3]))
    angle = rot.magnitude()
    return exp(-angle / pi)
