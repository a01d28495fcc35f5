import numpy as np

WEIGHTS = {"height": 1.0, "pitch": 0.6, "velocity": 1.5, "effort": 0.1}
TARGETS = {"height": 0.6, "velocity": 1.0}


def quadratic(value, target, scale=1.0):
    """Residual cost in the style of a model predictive controller."""
    return -scale * (value - target) ** 2


def compute_dense_reward(self, action):
    torso = self.ant.torso
    terms = dict(
        height=WEIGHTS["height"] * quadratic(torso.position_z, TARGETS["height"]),
        velocity=WEIGHTS["velocity"] * quadratic(torso.velocity_x, TARGETS["velocity"], scale=0.5),
        pitch=-WEIGHTS["pitch"] * np.arccos(np.clip(torso.up_vector[2], -1.0, 1.0)),
    )
    terms["effort"] = -WEIGHTS["effort"] * float(np.dot(action, action))
    return sum(terms.values()), terms
