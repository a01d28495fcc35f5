import numpy as np


def compute_dense_reward(self, action):
    positions = [self.obj1.position, self.obj2.position]
    high = list(filter(lambda p: p[2] > 0.3, positions))
    lengths = list(map(np.linalg.norm, positions))
    ranked = sorted(zip(lengths, range(len(lengths))), key=lambda pair: pair[0], reverse=True)
    best, index = ranked[0]
    flags = [all(p > 0) for p in positions] + [any(p > 0.9) for p in positions]
    return float(best) + 0.1 * len(high) + index + sum(flags)
