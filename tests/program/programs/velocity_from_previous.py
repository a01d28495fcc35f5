import numpy as np


def compute_dense_reward(self, action):
    prev = self.previous
    moved = self.obj1.position - prev.obj1.position
    towards = self.goal_position - prev.obj1.position
    length = np.linalg.norm(towards)
    if length < 1e-6:
        progress = 0.0
    else:
        progress = float(moved @ towards) / length
    start = np.linalg.norm(self.initial.obj1.position - self.goal_position) + 1e-8
    done = 1.0 - np.linalg.norm(self.obj1.position - self.goal_position) / start
    return {"progress": 10 * progress, "done": done}["progress"] + done - 0.01 * self.time
