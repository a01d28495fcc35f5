# task: tabletop/pick-cube
# expect: accepted, warns QUAT_ORDER
import numpy as np
from scipy.spatial.transform import Rotation


def compute_dense_reward(self, action):
    roll, pitch, yaw = Rotation.from_quat(self.cubeA.pose.q).as_euler("xyz")
    reach = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    return 1 - np.tanh(5 * reach) - 0.1 * abs(roll)
