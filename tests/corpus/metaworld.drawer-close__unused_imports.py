# task: metaworld/drawer-close
# expect: accepted, warns ForbiddenImport
import os
from typing import Dict, Tuple

import gym
import numpy as np
import torch


def compute_dense_reward(self, action: np.ndarray, obs: np.ndarray) -> float:
    reach = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    push = np.linalg.norm((self.obj1.position - self.goal_position)[:2])
    return float((1 - np.tanh(5 * reach)) + 3 * (1 - np.tanh(5 * push)))
