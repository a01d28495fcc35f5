# task: tabletop/lift-cube
# expect: accepted, warns ForbiddenImport
from typing import Any

import gym
import numpy as np
import torch
from mani_skill2.utils.sapien_utils import look_at


def compute_dense_reward(self, action: np.ndarray) -> float:
    dist = np.linalg.norm(self.robot.ee_pose.p - self.cubeA.pose.p)
    lifted = self.cubeA.pose.p[2] - self.initial.cubeA.pose.p[2]
    return (1 - np.tanh(10 * dist)) + 2 * clip_and_normalize(lifted, 0, self.goal_height)
