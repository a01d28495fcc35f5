import numpy as np


def smoothstep(x, a, b):
    t = np.clip((x - a) / (b - a), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def compute_dense_reward(self, action):
    d = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    gate = 1.0 - smoothstep(d, 0.02, 0.2)
    lift = smoothstep(self.obj1.position[2] - self.initial.obj1.position[2], 0.0, 0.1)
    r = {"reach": -d, "lift": gate * lift}
    r["contact"] = 0.25 * float(self.robot.in_contact)
    return r["reach"] + r["lift"] + r["contact"], r
