# task: tabletop/pick-cube
# expect: accepted
import numpy as np
from scipy.spatial.transform import Rotation as R


def compute_dense_reward(self, action):
    q = self.robot.ee_pose.q
    down = R.from_quat(q[[1, 2, 3, 0]]).apply([0.0, 0.0, 1.0])
    also = R.from_quat(self.robot.ee_pose.q, scalar_first=True).apply([0.0, 0.0, 1.0])
    pointing = -float(down[2] + also[2]) / 2
    reach = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    place = np.linalg.norm(self.goal_position - self.cubeA.pose.p)
    return 1 - np.tanh(5 * reach) + 0.1 * pointing + 2 * (1 - np.tanh(5 * place))
