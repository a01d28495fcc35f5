"""What policies share: a plan is a generator of actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from rewardlab.envs.scene import Array

Plan: TypeAlias = Iterator[Array]
"""Yields actions; each is taken before the next is asked for."""

OPEN, CLOSED = 1.0, -1.0
"""What the gripper is asked for."""

UP = np.array([0.0, 0.0, 1.0])
