import numpy as np


def nearest(objects, point):
    best, best_distance = None, float("inf")
    for o in objects:
        d = np.linalg.norm(o.position - point)
        if d < best_distance:
            best, best_distance = o, d
    return best


def compute_dense_reward(self, action):
    target = nearest([self.obj1, self.obj2], self.robot.ee_position)
    if target is None:
        return 0.0
    return -np.linalg.norm(target.position - self.goal_position)
