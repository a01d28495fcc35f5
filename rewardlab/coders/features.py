"""What a scene has to offer, as far as advice in prompts depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from rewardlab.program.schema import Schema
from rewardlab.program.specs import EntitySpec

Family = Literal["arm", "mobile", "locomotion"]
FEATURES: Mapping[str, tuple[str, ...]] = {
    "fingertips": ("get_ee_coords",),
    "grasp": ("check_grasp",),
    "still": ("check_static",),
    "clouds": ("get_pcd",),
    "sdf": ("local_sdf",),
    "joint": ("target_qpos",),
    "grasps": ("target_grasp_poses",),
    "quaternions": ("quaternion",),
}
"""By feature the members that bring it; `poses` and `orientation` go by what fields are."""


def family(scene: Schema) -> Family:
    """Return which advice fits: an arm has a hand or fingers, a mobile one a base besides."""
    names = {name for entity in _entities(scene.root) for name in _names(entity)}
    if not names & {"ee_position", "ee_pose", "get_ee_coords"}:
        return "locomotion"
    return "mobile" if "base_position" in names else "arm"


def features(scene: Schema) -> frozenset[str]:
    """Return the features of a scene: those of `FEATURES`, `poses` and `orientation`."""
    names: set[str] = set()
    found: set[str] = set()
    for entity in _entities(scene.root):
        names |= set(_names(entity))
        if any(field.kind in ("pose", "poses") and not field.hidden for field in entity.fields):
            found.add("poses")
    found |= {feature for feature, members in FEATURES.items() if names.intersection(members)}
    if found & {"poses", "quaternions"}:
        found.add("orientation")
    return frozenset(found)


def _entities(entity: EntitySpec) -> Iterator[EntitySpec]:
    yield entity
    for part in entity.parts:
        if part.described:
            yield from _entities(part.entity)


def _names(entity: EntitySpec) -> Iterator[str]:
    yield from (field.name for field in entity.fields if not field.hidden)
    yield from (method.name for method in entity.methods)
