import numpy as np
from scipy.spatial.distance import cdist
from typing import Dict, Tuple


def compute_dense_reward(
    self, action: np.ndarray, obs: np.ndarray = None
) -> Tuple[float, Dict[str, float]]:
    """Press the button along y."""
    ee = self.robot.ee_position.reshape(1, -1)
    button = self.obj1.position.reshape(1, -1)
    reach = cdist(ee, button).min()
    pressed: float = abs(self.obj1.position[1] - self.goal_position[1])
    terms: Dict[str, float] = {}
    terms["reach"] = -float(reach)
    terms["press"] = 1.0 - np.tanh(10.0 * pressed)
    terms["action"] = -1e-3 * float(np.linalg.norm(action))
    total = sum(terms.values())
    return total, terms
