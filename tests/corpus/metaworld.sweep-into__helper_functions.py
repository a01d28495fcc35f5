# task: metaworld/sweep-into
# expect: accepted
import numpy as np

REACH, SWEEP = 1.0, 4.0


def closeness(a, b, scale=5.0, axes=3):
    return 1 - np.tanh(scale * np.linalg.norm(a[:axes] - b[:axes]))


def compute_dense_reward(self, action, obs):
    def behind(hand, puck, goal):
        line = goal[:2] - puck[:2]
        return float(np.dot(hand[:2] - puck[:2], line)) < 0

    hand, puck, goal = self.robot.ee_position, self.obj1.position, self.goal_position
    reward = REACH * closeness(hand, puck)
    if behind(hand, puck, goal):
        reward += 0.2
    reward += SWEEP * closeness(puck, goal, axes=2)
    return reward
