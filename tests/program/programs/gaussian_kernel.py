import math

SIGMA = 0.08
NORMALISER = 1.0 / math.sqrt(2.0 * math.pi * SIGMA**2)


def gaussian(x: float, mu: float = 0.0, sigma: float = SIGMA) -> float:
    return NORMALISER * math.exp(-0.5 * ((x - mu) / sigma) ** 2)


def compute_dense_reward(self, action):
    d = math.dist(self.obj1.position, self.goal_position)
    return gaussian(d) / gaussian(0.0)
