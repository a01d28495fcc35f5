# task: metaworld/handle-press
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs):
    alpha_1, alpha_2, alpha_3 = 0.4, 0.55, 0.05
    dist = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    drop = abs(self.obj1.position[2] - self.goal_position[2])
    regularization = np.sum(np.square(action))
    return -(alpha_1 * dist + alpha_2 * drop + alpha_3 * regularization)
