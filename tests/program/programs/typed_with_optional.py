from __future__ import annotations

from typing import Optional, Sequence, Union

import numpy as np

Number = Union[int, float]
Point = Sequence[float]


def soft(distance: Number, margin: Optional[float] = None) -> float:
    margin = 0.1 if margin is None else margin
    return float(np.exp(-((distance / margin) ** 2)))


def compute_dense_reward(self, action: np.ndarray) -> float:
    reached: bool = bool(np.linalg.norm(self.robot.ee_position - self.obj1.position) < 0.05)
    value: Number = soft(np.linalg.norm(self.obj1.position - self.goal_position), margin=0.3)
    bonus: float
    bonus = 0.5 if reached else 0.0
    return value + bonus
