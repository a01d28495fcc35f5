"""What programs may ask the parts of a scene: pure functions of recorded numbers and constants.

Each entry of `METHODS` takes the numbers of a part and returns the function that answers; what
never changes is prepared there, once per program. Arguments come checked, results are fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import hypot
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.sandbox.clouds import Cloud, depth

Array: TypeAlias = npt.NDArray[np.float64]

MIN_IMPULSE = 1e-6
"""A finger presses from this impulse on [N s]."""


class Numbers(NamedTuple):
    """A part of the scene at one moment, hidden fields included.

    Attributes:
        label: How programs name it, e.g. `"self.previous.cubeA"`.
        path: How it is named in its scene, e.g. `"cubeA"`.
        fields: Views of its numbers, in their shapes.
        constants: See `EntitySpec.constants`.
    """

    label: str
    path: str
    fields: dict[str, Array]
    constants: Mapping[str, Any]


def check_static(own: Numbers) -> Callable[[], bool]:
    """Tell whether linear and angular speed are within `static`."""
    speed, rate = map(float, own.constants["static"])
    velocity, turning = own.fields["velocity"], own.fields["angular_velocity"]

    def check() -> bool:
        return hypot(*velocity.tolist()) <= speed and hypot(*turning.tolist()) <= rate

    return check


def check_grasp(own: Numbers) -> Callable[[Numbers, float], bool]:
    """Tell whether both fingers press `obj`, each within `max_angle` degrees of its direction.

    It is answered for the moment of `obj`: `self.robot.check_grasp(self.previous.cubeA)` tells
    whether the cube was held one step ago.
    """

    def check(obj: Numbers, max_angle: float) -> bool:
        grasp = obj.fields.get("_grasp")
        if grasp is None:
            raise TypeError(f"check_grasp: {obj.label} is nothing that the gripper can hold")
        left, right, left_angle, right_angle = grasp.tolist()
        return bool(min(left, right) >= MIN_IMPULSE and max(left_angle, right_angle) <= max_angle)

    return check


def get_ee_coords(own: Numbers) -> Callable[[], Array]:
    """Return the fingertip points."""
    return own.fields["_ee_coords"].copy


def get_local_pcd(own: Numbers) -> Callable[[], Array]:
    """Return the points of the only link in its own frame."""
    cloud, seed = _cloud(own), own.fields["_cloud"].item
    return lambda: cloud.local(seed())[0].copy()


def get_world_pcd(own: Numbers) -> Callable[[], Array]:
    """Return the points of the only link in the world."""
    cloud, seed, pose = _cloud(own), own.fields["_cloud"].item, own.fields["pose"].tobytes
    return lambda: cloud.world(seed(), pose()).copy()


def get_pcd(own: Numbers) -> Callable[[], Array]:
    """Return the points of all links in the world."""
    cloud, seed, links = _cloud(own), own.fields["_cloud"].item, own.fields["_links"].tobytes
    return lambda: cloud.world(seed(), links()).copy()


def local_sdf(own: Numbers) -> Callable[[Array], Array]:
    """Return the depth of points in the convex hull, a box, in the link's frame."""
    measure = depth(own.constants["hull"])

    def sdf(positions: Array) -> Array:
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise ValueError(
                f"local_sdf: positions have shape {positions.shape}, not (N, 3); "
                "for one point: positions.reshape(1, 3)"
            )
        return measure(positions)

    return sdf


METHODS: Mapping[str, Callable[[Numbers], Callable[..., Any]]] = {
    "check_static": check_static,
    "check_grasp": check_grasp,
    "get_ee_coords": get_ee_coords,
    "get_local_pcd": get_local_pcd,
    "get_world_pcd": get_world_pcd,
    "get_pcd": get_pcd,
    "local_sdf": local_sdf,
}
"""By name, or by `<class>.<name>` where a class answers in another way."""

CLOUDS = frozenset({"get_local_pcd", "get_world_pcd", "get_pcd"})
"""Those that return point clouds: what is computed with them may cost more."""


def _cloud(own: Numbers) -> Cloud:
    return _shared(own.constants["boxes"], own.constants["n_points"], own.path)


@lru_cache(64)
def _shared(links: Any, n_points: int, path: str) -> Cloud:
    """Return the cloud of a part: one for the scene now, before and at the beginning."""
    return Cloud(links, n_points, path)
