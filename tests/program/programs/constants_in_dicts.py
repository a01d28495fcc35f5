import numpy as np

CONFIG = {
    "reach": {"weight": 1.0, "scale": 5.0},
    "place": {"weight": 3.0, "scale": 8.0},
}
STAGES = ("reach", "place")
OFFSET = np.array([0.0, 0.0, 0.05])
LIMITS = [[-0.5, 0.5], [0.4, 0.9], [0.0, 0.4]]


def compute_dense_reward(self, action):
    distances = {
        "reach": np.linalg.norm(self.robot.ee_position - (self.obj1.position + OFFSET)),
        "place": np.linalg.norm(self.obj1.position - self.goal_position),
    }
    terms = {}
    for name in STAGES:
        cfg = CONFIG[name]
        weight, scale = cfg["weight"], cfg["scale"]
        scale *= 1.0
        terms[name] = weight * (1 - np.tanh(scale * distances[name]))
    outside = 0.0
    for (low, high), value in zip(LIMITS, self.robot.ee_position):
        low -= 0.01
        outside += max(low - value, 0.0, value - high)
    offset = OFFSET.copy()
    offset[2] += 0.1
    terms["outside"] = -outside - 0.0 * offset.sum()
    return sum(terms.values()), terms
