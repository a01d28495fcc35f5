"""Surfaces as boxes, and the schema of a task that is made with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from rewardlab.envs.scene import Array, Scene, with_obs
from rewardlab.envs.tabletop.boxes import Box
from rewardlab.envs.tabletop.scene import DT
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, frozen
from rewardlab.sandbox.helpers import quat2mat

_OF_JOINTS = {"qpos": "", "qvel": "/s", "target_qpos": ""}  # what follows the unit


@dataclass(frozen=True)
class Surface:
    """What a task says of a part that its class leaves open: surface and joints.

    Attributes:
        links: Boxes of each link, as the simulator has them (a `LinkObject` or finger is one link).
        n_points: Points on the surface of each link.
        n_joints: Joints of an `ArticulateObject`.
        unit: Of their positions, `"rad"` or `"m"`.
        limit: Where the range of its joint ends, that begins at 0; `None` if it is not said.
        target: The `target_qpos` of a `LinkObject` whose task always has the same.
    """

    links: Sequence[Sequence[Box]]
    n_points: int
    n_joints: int = 1
    unit: str = "rad"
    target: float | None = None
    limit: float | None = None


def tabletop_schema(
    scene: type[Scene],
    action: ActionSpec,
    surfaces: Mapping[str, Surface],
    *,
    n_obs: int = 0,
    dt: float = DT,
) -> Schema:
    """Return the schema of a task.

    Args:
        scene: Its class.
        action: E.g. `ARM_ACTION`.
        surfaces: By path of the part, e.g. `"faucet.handle"`: one for each part with a cloud.
        n_obs: Length of the raw observation.
        dt: Seconds between control steps [s].
    """
    return Schema(with_obs(_shaped(scene.spec(), surfaces, ""), n_obs), action, dt)


def _shaped(entity: EntitySpec, surfaces: Mapping[str, Surface], path: str) -> EntitySpec:
    parts = tuple(
        replace(p, entity=_shaped(p.entity, surfaces, f"{path}.{p.name}".lstrip(".")))
        for p in entity.parts
    )
    entity = replace(entity, parts=parts)
    if entity.field("_cloud") is None:
        return entity
    surface = surfaces[path]
    constants = {
        **dict(entity.constants),
        "n_points": surface.n_points,
        "boxes": [[box.row for box in link] for link in surface.links],
    }
    if entity.method("local_sdf"):
        constants["hull"] = _around(surface.links[0])
    fields = tuple(_field(field, surface) for field in entity.fields)
    return replace(entity, fields=fields, constants=frozen(tuple(constants.items())))


def _field(field: FieldSpec, surface: Surface) -> FieldSpec:
    if field.name == "_links":
        return replace(field, shape=(len(surface.links), 7))
    if field.name not in _OF_JOINTS or field.unit.startswith("m"):
        return field
    if field.name == "target_qpos":
        return replace(field, unit=surface.unit, low=surface.target, high=surface.target)
    shape = (surface.n_joints,) if field.kind == "array" else ()
    field = replace(field, shape=shape, unit=surface.unit + _OF_JOINTS[field.name])
    if field.name != "qpos" or surface.limit is None:
        return field
    return replace(field, low=0.0, high=surface.limit)


def _around(boxes: Sequence[Box]) -> tuple[float, ...]:
    """Return the box along the link's axes around all of its boxes, or a single box itself."""
    if len(boxes) == 1:
        return boxes[0].row
    corners = np.concatenate([_corners(box) for box in boxes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    return (*((low + high) / 2).tolist(), 1.0, 0.0, 0.0, 0.0, *((high - low) / 2).tolist())


def _corners(box: Box) -> Array:
    signs = np.array(list(product((-1.0, 1.0), repeat=3)))
    corners: Array = np.asarray(box.centre) + signs * box.half @ quat2mat(box.quat).T
    return corners
