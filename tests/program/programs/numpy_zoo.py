import numpy as np


def compute_dense_reward(self, action):
    v = np.concatenate([self.obj1.position, self.obj2.position, self.goal_position])
    a = np.where(v > 0.5, v, 0.0)
    b = np.interp(self.time, [0.0, 0.5, 1.0], [0.0, 0.2, 1.0])
    c = np.einsum("i,i->", v, v)
    d = np.percentile(v, 75) - np.median(v)
    e = np.cumsum(np.sort(v)[::-1])[2]
    f = np.prod(np.clip(v, 0.5, 1.0))
    g = np.logical_and(v > 0.2, v < 0.9).mean()
    h = np.cross(v[:3], v[3:6]) @ v[6:]
    i = np.diff(v).std() + np.ptp(v) + np.var(v)
    j = np.hypot(v[0], v[1]) + np.arctan2(v[1], v[0])
    k = np.sum(np.heaviside(v - 0.5, 0.5)) + np.count_nonzero(v > 0.5)
    m = np.nan_to_num(np.array([1.0, np.inf, -np.inf]), posinf=1.0, neginf=-1.0).sum()
    n = np.tile(v, 2).reshape(2, 9).sum(axis=0).max() + np.outer(v, v).trace()
    p = np.any(v > 2) or np.all(v < 2)
    q = np.linalg.det(np.eye(3) + np.diag(v[:3])) + np.linalg.cond(np.eye(2))
    return float(a.sum() + b + c + d + e + f + g + h + i + j + k + m + n + p + q)
