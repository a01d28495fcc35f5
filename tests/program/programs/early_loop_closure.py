import numpy as np


def compute_dense_reward(self, action, *args, **kwargs):
    def make(weight):
        def term(value, /, power=2):
            return weight * value**power

        return term

    reach = make(-1.0)
    smooth = make(-0.01)
    d = float(np.linalg.norm(self.robot.ee_position - self.obj1.position))
    jerk = float(np.sum(np.abs(action)))
    phases = [("reach", reach, d), ("smooth", smooth, jerk)]
    total, terms = 0.0, {}
    for name, fn, x in phases:
        terms[name] = fn(x)
        total = total + terms[name]
    return total, terms
