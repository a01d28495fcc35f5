import numpy as np


def compute_dense_reward(self, action):
    objects = [self.obj1, self.obj2]
    dists = {f"obj{i}": np.linalg.norm(o.position - self.goal_position) for i, o in enumerate(objects)}
    heights = [o.position[2] for o in objects if o.position[2] > 0.0]
    spread = max(heights) - min(heights) if heights else 0.0
    pairs = [(a, b) for a in dists for b in dists if a < b]
    gap = sum(abs(dists[a] - dists[b]) for a, b in pairs)
    weights = {k: 1.0 / (1.0 + v) for k, v in dists.items()}
    return sum(weights.values()) - 0.1 * spread - 0.01 * gap, {**weights, "spread": -0.1 * spread}
