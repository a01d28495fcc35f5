# task: metaworld/handle-pull
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs):
    # what a memory would be for: the scene one step ago is given
    before = abs(self.previous.obj1.position[2] - self.goal_position[2])
    now = abs(self.obj1.position[2] - self.goal_position[2])
    reach = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    reward = 20 * (before - now) + 0.5 * (1 - np.tanh(5 * reach))
    reward += 1 - np.tanh(5 * now)
    return reward
