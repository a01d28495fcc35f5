# task: metaworld/window-open
# expect: accepted
import numpy as np


def compute_dense_reward(self, action, obs):
    hand, handle = self.robot.ee_position, self.obj1.position
    reach = np.linalg.norm(hand - handle)
    slide = abs(self.goal_position[0] - handle[0])
    reward = -reach - 2 * slide
    if slide <= 0.05:
        reward += 5
    return reward - 0.01 * np.linalg.norm(action)
