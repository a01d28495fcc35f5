import numpy as np
import numpy as xp
from numpy import pi, clip


def compute_dense_reward(self, action, obs):
    pts = np.stack([self.obj1.position, self.obj2.position, self.goal_position], axis=0)
    centre = pts.mean(axis=0)
    spread = np.std(pts, axis=0, ddof=1).max()
    d = xp.sqrt(((pts - self.robot.ee_position) ** 2).sum(axis=1))
    order = np.argsort(d)
    weights = np.exp(-d[order]) / np.exp(-d).sum()
    angle = np.arctan2(centre[1], centre[0]) / pi
    cos = np.dot(pts[0], pts[1]) / (np.linalg.norm(pts[0]) * np.linalg.norm(pts[1]) + 1e-8)
    angle += np.arccos(np.clip(cos, -1.0, 1.0))
    mask = np.where(d < 0.1, 1.0, 0.0)
    z = np.zeros(3, dtype=np.float32) + np.ones_like(d) + np.array([1, 2, 3], dtype=float)
    z[0] = 2.0
    z[1:] *= 0.5
    flat = obs[:3].astype(np.float64).copy()
    return (
        -float(weights @ d)
        - 0.1 * clip(spread, 0, 1)
        + mask.any() * 0.1
        - abs(angle)
        + z.sum() * 0
        + flat[0] * 0
    )
