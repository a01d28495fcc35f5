import numpy as np


def compute_dense_reward(self, action):
    reward = 0.0
    milestones = [0.2, 0.1, 0.05, 0.02]
    distance_to_goal = float(np.linalg.norm(self.obj1.position - self.goal_position))
    for i, threshold in enumerate(milestones, start=1):
        if distance_to_goal < threshold:
            reward += 0.25 * i
        else:
            break
    else:
        reward += 1.0
    while reward > 2.0:
        reward -= 0.5
    return reward
