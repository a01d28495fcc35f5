import math


def compute_dense_reward(self, action):
    d = math.dist(self.robot.ee_position, self.obj1.position)
    if d > 0.5:
        return -d
    if self.robot.in_contact and d < 0.05:
        return 1.0
    if math.isclose(d, 0.1, abs_tol=1e-3):
        return 0.5
    try:
        bonus = 1.0 / d
    except ZeroDivisionError:
        bonus = 100.0
    finally:
        d = d * 1.0
    return min(bonus, 10.0) * 0.01
