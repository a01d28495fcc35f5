import numpy as np


def compute_dense_reward(self, action):
    d = np.float32(np.linalg.norm(self.obj1.position - self.goal_position))
    reward = np.float32(1.0) - np.float32(np.tanh(d))
    counts = np.array([d < 0.1, d < 0.2, d < 0.3], dtype=np.float32).sum()
    return np.float32(reward + counts)
