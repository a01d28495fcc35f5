from __future__ import annotations

import math
import numpy as np
from numpy.linalg import norm as l2

REACH_SCALE = 5.0
WEIGHTS = {"reach": 0.5, "place": 2}
UP = np.array([0.0, 0.0, 1.0])
BOUNDS: tuple[float, float] = (-1.0, 1.0)


def shaped(d, scale=REACH_SCALE, *, floor=0.0):
    return max(floor, 1.0 - math.tanh(scale * d))


def dist(a, b):
    return l2(a.position - b)


def compute_dense_reward(self, action, /, obs=None, *, verbose=False, **kwargs):
    def inner(obj):
        return dist(obj, self.robot.ee_position)

    saturate = lambda x, lo=0.0, hi=1.0: min(max(x, lo), hi)
    objects = [self.obj1, self.obj2]
    nearest = min(objects, key=lambda o: inner(o))
    reach = shaped(inner(nearest), scale=3.0)
    place = saturate(1 - dist(nearest, self.goal_position))
    tilt = float(np.dot(UP, self.ant.torso.up_vector))
    named = {name: WEIGHTS[name] * value for name, value in zip(("reach", "place"), (reach, place))}
    named["tilt"] = tilt
    if verbose:
        print(f"reach {reach:.3f} place={place:>8.2f} {tilt!r}")
    return sum(named.values()), named
