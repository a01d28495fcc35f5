"""Points on surfaces: recorded as a seed, drawn where programs run, the same for equal rows.

A surface is the union of boxes, each centre (3), orientation wxyz (4) and half lengths of its
edges (3), in the frame of its link. Points are uniform by area on what is outside of all boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

from rewardlab.sandbox.pose import ObjectPose, pose

Array: TypeAlias = npt.NDArray[np.float64]
Boxes: TypeAlias = Sequence[Sequence[float]]

_KEPT = 1 << 20
"""Numbers of clouds that are kept for the next rows of their episodes, per part of the scene."""

_INSIDE = 1e-9
"""Points deeper in a box than this are not on the surface [m]."""


class Cloud:
    """The points of one part of a scene.

    Args:
        links: Boxes of each link.
        n_points: Points per link.
        path: Of the part: parts of equal seed draw their own points.
    """

    def __init__(self, links: Sequence[Boxes], n_points: int, path: str) -> None:
        self._links, self._n, self._stream = links, n_points, crc32(path.encode())
        kept = max(4, _KEPT // (3 * n_points * len(links)))
        self.local = lru_cache(kept)(self._draw)
        self.world = lru_cache(8)(self._place)

    def _draw(self, seed: float) -> Array:
        """Return the points in the frames of their links `(L, n_points, 3)`; not to be changed."""
        keys = [(int(seed), self._stream, i) for i in range(len(self._links))]
        drawn = [draw(boxes, self._n, key) for boxes, key in zip(self._links, keys, strict=True)]
        return np.array(drawn)

    def _place(self, seed: float, links: bytes) -> Array:
        """Return the points in the world `(L * n_points, 3)`; not to be changed.

        Args:
            seed: Of the episode.
            links: Poses of the links, `(L, 7)` floats.
        """
        numbers = np.frombuffer(links).reshape(-1, 7).tolist()
        moved = np.array([pose(tuple(link)).to_transformation_matrix() for link in numbers])
        points: Array = (
            self.local(seed) @ moved[:, :3, :3].transpose(0, 2, 1) + moved[:, None, :3, 3]
        )
        return points.reshape(-1, 3)


def draw(boxes: Boxes, n: int, key: Sequence[int]) -> Array:
    """Return points `(n, 3)` on a surface.

    Args:
        boxes: The surface; a box may be flat, but must have an area.
        n: How many.
        key: Fixes them: non-negative integers.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence(list(key))))
    shape = np.array(boxes, float)
    found: list[Array] = []
    while sum(map(len, found)) < n:
        points, owner = _candidates(shape, n, random)
        found.append(points[~_buried(shape, points, owner)])
    return np.concatenate(found)[:n]


def _candidates(
    shape: Array, n: int, random: np.random.Generator
) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return points uniform on all faces of all boxes, and the box of each."""
    half = shape[:, 7:]
    area = (half[:, (1, 2, 0)] * half[:, (2, 0, 1)]).ravel()  # of the two faces across each axis
    share = np.cumsum(area)
    face = np.searchsorted(share, random.random(n) * share[-1], side="right")
    owner, axis = np.divmod(face, 3)
    at = 2.0 * random.random((n, 3)) - 1.0
    rows = np.arange(n)
    at[rows, axis] = np.where(at[rows, axis] < 0.0, -1.0, 1.0)
    points = np.empty((n, 3))
    for i, frame in enumerate(_frames(shape)):
        mine = owner == i
        points[mine] = (at[mine] * half[i]) @ frame[:3, :3].T + frame[:3, 3]
    return points, owner


def _buried(shape: Array, points: Array, owner: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return which points are inside a box other than their own `(n,)`."""
    buried = np.zeros(len(points), np.bool_)
    if len(shape) > 1:
        for i, frame in enumerate(_frames(shape)):
            away = np.abs((points - frame[:3, 3]) @ frame[:3, :3]) - shape[i, 7:]
            buried |= (away < -_INSIDE).all(axis=1) & (owner != i)
    return buried


def _frames(shape: Array) -> list[Array]:
    return [ObjectPose(box[:3], box[3:7]).to_transformation_matrix() for box in shape]


def depth(box: Sequence[float]) -> Callable[[Array], Array]:
    """Return the distance to the surface of a box, positive inside: of points `(N, 3)`, `(N,)`."""
    frame = _frames(np.array([box], float))[0]
    turn, centre, half = frame[:3, :3], frame[:3, 3], np.array(box[7:], float)

    def measure(points: Array) -> Array:
        away = np.abs((points - centre) @ turn) - half
        outside = np.linalg.norm(np.maximum(away, 0.0), axis=1)
        signed: Array = -outside - np.minimum(away.max(axis=1), 0.0)
        return signed

    return measure
