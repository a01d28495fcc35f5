# task: metaworld/drawer-open
# expect: refused UnknownAttribute
# remedy: did you mean ee_position
import numpy as np


def compute_dense_reward(self, action, obs):
    return -np.linalg.norm(self.robot.ee_pose.p - self.obj1.position)
