# task: metaworld/drawer-open
# expect: accepted, warns FLOAT_EQ
import numpy as np


def compute_dense_reward(self, action, obs):
    reward = -np.linalg.norm(self.robot.ee_position - self.obj1.position)
    if self.robot.gripper_openness == 1.0:
        reward += 0.1
    return reward
