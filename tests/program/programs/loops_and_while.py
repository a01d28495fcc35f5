import numpy as np


def compute_dense_reward(self, action):
    best = np.inf
    for i, obj in enumerate((self.obj1, self.obj2)):
        d = np.linalg.norm(obj.position - self.robot.ee_position)
        if d < best:
            best = d
        if i > 3:
            break
    steps = 0
    x = float(best)
    while x > 0.01 and steps < 20:
        x /= 2
        steps += 1
    else:
        steps += 0
    values = [abs(a) for a in action if a > 0]
    values.append(0.0)
    values.sort(reverse=True)
    total = 0.0
    for v in values[:3]:
        if v == 0:
            continue
        total -= 0.01 * v
    if (n := len(values)) > 2:
        total -= 0.001 * n
    assert steps <= 20, "halving ends"
    return total - steps
