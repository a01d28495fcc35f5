import numpy as np


def compute_dense_reward(self, action):
    weights = [1.0, 0.5]
    weights.append(0.25)
    weights[0] *= 2
    buffer = np.zeros(3)
    buffer[:] = self.obj1.position
    buffer[2] = 0.0
    buffer -= self.goal_position
    info = {}
    info.update({"x": float(buffer[0])})
    info.setdefault("y", float(buffer[1]))
    info["z"] = info.get("z", 0.0) + weights[-1]
    return float(sum(w * b for w, b in zip(weights, buffer))), info
