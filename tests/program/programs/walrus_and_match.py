import numpy as np


def stage(distance):
    if (near := distance < 0.05) or distance < 0.1:
        return 2 if near else 1
    return 0


def compute_dense_reward(self, action):
    match stage(np.linalg.norm(self.obj1.position - self.robot.ee_position)):
        case 0:
            reward = 0.1
        case 1 | 2 as s:
            reward = 0.5 * s
        case _:
            reward = 0.0
    if any((gap := abs(a - b)) > 0.5 for a, b in zip(self.obj1.position, self.goal_position)):
        reward -= 0.1 * gap
    return reward
