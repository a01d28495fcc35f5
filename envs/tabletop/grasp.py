"""What presses on the fingers: contact forces as impulses and angles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.world import PHYSICS_DT

NOTHING = (0.0, 0.0, 180.0, 180.0)
IMPULSE = 1e-6
"""Least impulse that counts as pressing [N s]."""

_OTHER, _LEFT, _RIGHT, _OBJECT = 0, 1, 2, 4


class Grasp:
    """Reads the forces between one arm's fingers and one object.

    Needs elliptic friction cones: then the solver's rows at a contact's address are its force, the
    normal first, then the two tangents.

    Args:
        model: With the pieces of `panda(prefix)`.
        data: Its state.
        body: The object.
        prefix: Of the arm's names.
    """

    def __init__(self, model: Any, data: Any, body: int, prefix: str = "") -> None:
        self._data = data
        self._fingers = [model.body(f"{prefix}{side}_finger").id for side in ("left", "right")]
        kind = np.zeros(model.nbody, dtype=np.intp)
        kind[self._fingers] = (_LEFT, _RIGHT)
        kind[body] = _OBJECT
        self._kind = kind[model.geom_bodyid]

    def read(self) -> tuple[float, float, float, float]:
        """Return impulses [N s] and angles [deg], as a scene's `_grasp` is defined."""
        contact = self._data.contact
        pair = self._kind[contact.geom]
        both = pair[:, 0] + pair[:, 1]
        if not (both > _OBJECT).any():
            return NOTHING
        left, right = (self._press(contact, pair, both, side) for side in (_LEFT, _RIGHT))
        return left[0], right[0], left[1], right[1]

    def _press(self, contact: Any, pair: Array, both: Array, side: int) -> tuple[float, float]:
        """Return impulse and angle of the force on one finger."""
        force = np.zeros(3)
        for i in np.flatnonzero(both == _OBJECT + side):
            start = contact.efc_address[i]
            if start >= 0:
                # MuJoCo's force acts on the contact's second geom
                sign = 1.0 if pair[i, 1] == side else -1.0
                frame = contact.frame[i].reshape(3, 3)
                force += sign * (self._data.efc_force[start : start + 3] @ frame)
        size, angle = size_and_angle(force, self._data.xmat[self._fingers[side - 1]][1::3])
        return size * PHYSICS_DT, angle


def size_and_angle(force: Array, opening: Array) -> tuple[float, float]:
    """Return the size of a force and its angle to where a finger opens [deg], 180 without force.

    Args:
        force: `(3,)` on the finger, or an impulse.
        opening: `(3,)` unit vector.
    """
    size = math.sqrt(force @ force)
    cosine = float(force @ opening) / size if size else -1.0
    return size, math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def pressed(grasp: Sequence[float], max_angle: float = 85.0) -> bool:
    """Whether both fingers press: the rule of `PandaRobot.check_grasp`."""
    left, right, left_angle, right_angle = grasp
    return min(left, right) >= IMPULSE and max(left_angle, right_angle) <= max_angle
