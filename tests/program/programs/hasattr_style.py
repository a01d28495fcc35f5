import numpy as np


def compute_dense_reward(self, action):
    objects = [getattr(self, "obj1"), getattr(self, "obj2", None)]
    goal = self.goal_position if hasattr(self, "goal_position") else np.zeros(3)
    lever = getattr(self, "lever_angle", 0.0)
    distances = [np.linalg.norm(o.position - goal) for o in objects if o is not None]
    return -min(distances) - lever
