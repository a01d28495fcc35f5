import numpy as np


def compute_dense_reward(self, action):
    near = {name for name, o in [("one", self.obj1), ("two", self.obj2)] if o.position[2] > 0.1}
    heights = tuple(o.position[2] for o in (self.obj1, self.obj2))
    total = sum(h**2 for h in heights) / len(heights)
    if any(h < 0 for h in heights) and not all(
        isinstance(h, (int, float, np.floating)) for h in heights
    ):
        total -= 1.0
    if "one" in near:
        total += 1
    pairs = [(i, j) for i in range(2) for j in range(i + 1, 2)]
    for i, j in pairs:
        total -= abs(heights[i] - heights[j])
    first = next_height = heights[0] if heights else 0.0
    return round(float(total + 0 * first + 0 * next_height), 6)
