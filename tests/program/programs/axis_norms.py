import numpy as np


def compute_dense_reward(self, action):
    points = np.stack([self.obj1.position, self.obj2.position, self.goal_position])
    distances = np.linalg.norm(points - self.robot.ee_position, axis=-1)
    centred = points - points.mean(axis=0, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1)).max()
    order = np.argsort(distances)
    return -float(distances[order[0]]) - 0.1 * float(spread) + 0.01 * int(np.argmin(distances))
