import numpy as np


def compute_dense_reward(self, action):
    previous = np.linalg.norm(self.previous.obj1.position - self.goal_position)
    current = np.linalg.norm(self.obj1.position - self.goal_position)
    initial = np.linalg.norm(self.initial.obj1.position - self.goal_position)
    progress = previous - current
    fraction = np.clip(1.0 - current / max(initial, 1e-6), 0.0, 1.0)
    return 10.0 * progress + fraction - 0.001 * self.time
