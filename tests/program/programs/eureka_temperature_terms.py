from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

Vector = npt.NDArray[np.float64]
Shape = Callable[[float], float]


def shaped(distance: float, temperature: float = 0.2) -> float:
    return float(np.exp(-distance / temperature))


def compute_dense_reward(self, action: Vector) -> float:
    offset: NDArray[np.float64] = self.obj1.position - self.goal_position
    curve: Shape = lambda d: shaped(d, temperature=0.3)
    return curve(np.linalg.norm(offset))
