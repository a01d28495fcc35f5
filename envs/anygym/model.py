"""The scene of any MuJoCo model: bodies, joints, sites, actuators and sensors by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rewardlab.envs.anygym.names import identifiers
from rewardlab.envs.recording import SceneReader
from rewardlab.envs.scene import Array, Entity, field
from rewardlab.program.specs import EntitySpec, FieldSpec, PartSpec

FREE, BALL, SLIDE, HINGE = range(4)
"""MuJoCo's joint types (`mjtJoint`)."""


class Body(Entity):
    """A rigid body; its frame is at its origin, not at its centre of mass."""

    position: Array = field("position in the world", shape=(3,), unit="m")
    quaternion: Array = field(
        "orientation as unit quaternion (w, x, y, z)", shape=(4,), low=-1.0, high=1.0
    )
    velocity: Array = field("velocity in the world", shape=(3,), unit="m/s")
    angular_velocity: Array = field("angular velocity in the world", shape=(3,), unit="rad/s")


class FreeJoint(Body):
    """A joint that moves freely."""


class BallJoint(Entity):
    """A joint that turns about all axes."""

    quaternion: Array = field(
        "orientation to its parent as unit quaternion (w, x, y, z)", shape=(4,), low=-1.0, high=1.0
    )
    angular_velocity: Array = field(
        "angular velocity to its parent, along the world's axes", shape=(3,), unit="rad/s"
    )


class SlideJoint(Entity):
    """A joint that slides along one axis."""

    position: float = field("position along its axis", unit="m")
    velocity: float = field("rate of the position", unit="m/s")


class HingeJoint(Entity):
    """A joint that turns about one axis."""

    angle: float = field("angle, not wrapped", unit="rad")
    angular_velocity: float = field("rate of the angle", unit="rad/s")


class Site(Entity):
    """A marked point of a body."""

    position: Array = field("position in the world", shape=(3,), unit="m")


class Actuator(Entity):
    """What drives a joint or tendon."""

    control: float = field("what it was told, in its own range")
    force: float = field("what it does: N for slides and tendons, N m for hinges")


JOINTS: dict[int, type[Entity]] = {
    FREE: FreeJoint,
    BALL: BallJoint,
    SLIDE: SlideJoint,
    HINGE: HingeJoint,
}


class Derived(NamedTuple):
    """What a model's scene looks like and how to read it.

    Attributes:
        groups: The members of `self`: `bodies`, `joints`, `sites`, `actuators`, `sensors`.
        size: Floats of all of them.
        reader: Makes the reader of the scene (observation excluded) from an environment.
    """

    groups: tuple[PartSpec, ...]
    size: int
    reader: Callable[[Any], SceneReader]


def derive(model: Any) -> Derived:
    """Derive the scene of a MuJoCo model."""
    groups = tuple(group for group in _groups(model) if group.entity.members)
    size = sum(_size(group.entity) for group in groups)
    return Derived(groups, size, _reader)


def actuator_names(model: Any) -> tuple[str, ...]:
    """Return what each entry of the control does."""
    return tuple(f"{name}: {doc or 'control'}" for name, _, doc in _actuators(model))


def _groups(model: Any) -> Iterator[PartSpec]:
    bodies = identifiers((model.body(i).name for i in range(1, model.nbody)), "body")
    yield _group("bodies", "Bodies", ((name, Body.spec(), "") for name in bodies))
    yield _group("joints", "Joints", _joints(model))
    sites = identifiers((model.site(i).name for i in range(model.nsite)), "site")
    yield _group("sites", "Sites", ((name, Site.spec(), "") for name in sites))
    yield _group("actuators", "Actuators", _actuators(model))
    sensors = tuple(_sensors(model))
    yield PartSpec("sensors", EntitySpec("Sensors", "The sensors.", sensors), "the sensors by name")


def _group(name: str, cls: str, parts: Iterable[tuple[str, EntitySpec, str]]) -> PartSpec:
    entity = EntitySpec(cls, f"The {name}.", parts=tuple(PartSpec(*part) for part in parts))
    return PartSpec(name, entity, f"the {name} by name")


def _joints(model: Any) -> Iterator[tuple[str, EntitySpec, str]]:
    names = identifiers((model.joint(i).name for i in range(model.njnt)), "joint")
    for i, name in enumerate(names):
        kind = int(model.jnt_type[i])
        doc = f"in {_range(model.jnt_range[i])}" if model.jnt_limited[i] and kind > BALL else ""
        yield name, JOINTS[kind].spec(), doc


def _actuators(model: Any) -> Iterator[tuple[str, EntitySpec, str]]:
    names = identifiers((model.actuator(i).name or _driven(model, i) for i in range(model.nu)), "u")
    for i, name in enumerate(names):
        limited = model.actuator_ctrllimited[i]
        doc = f"control in {_range(model.actuator_ctrlrange[i])}" if limited else ""
        yield name, Actuator.spec(), doc


def _driven(model: Any, i: int) -> str:
    """Return the name of the joint that an actuator drives (transmissions 0 and 1)."""
    if int(model.actuator_trntype[i]) > 1:
        return ""
    return str(model.joint(int(model.actuator_trnid[i, 0])).name)


def _sensors(model: Any) -> Iterator[FieldSpec]:
    names = identifiers((model.sensor(i).name for i in range(model.nsensor)), "sensor")
    for i, name in enumerate(names):
        n = int(model.sensor_dim[i])
        doc = "reading in the last physics step"
        yield FieldSpec(name, doc, "float") if n == 1 else FieldSpec(name, doc, "array", (n,))


def _range(bounds: Any) -> str:
    low, high = (float(bound) for bound in bounds)
    return f"[{low:.3g}, {high:.3g}]"


def _size(entity: EntitySpec) -> int:
    parts = sum(_size(part.entity) for part in entity.parts)
    return parts + sum(field.size for field in entity.fields)


def _reader(env: Any) -> SceneReader:
    """Return the reader of all groups; `env` has a `model` and its `data`.

    Positions and velocities are computed for the current state in a second `MjData`: after a step
    MuJoCo's own are those before its last substep.
    """
    import mujoco

    model, data = env.model, env.data
    scratch = mujoco.MjData(model)
    nb, ns, nu = model.nbody - 1, model.nsite, model.nu
    joints = _JointReader(model)
    a = 13 * nb
    b = a + joints.size
    c = b + 3 * ns
    d = c + 2 * nu
    end = d + model.nsensordata

    def read(obs: Any, out: Array) -> None:
        scratch.qpos[:] = data.qpos
        mujoco.mj_normalizeQuat(model, scratch.qpos)
        scratch.qvel[:] = data.qvel
        if model.nmocap:
            scratch.mocap_pos[:] = data.mocap_pos
            scratch.mocap_quat[:] = data.mocap_quat
        mujoco.mj_kinematics(model, scratch)
        mujoco.mj_comPos(model, scratch)
        mujoco.mj_comVel(model, scratch)
        _bodies(model, scratch, out[:a].reshape(nb, 13))
        joints.read(scratch, out[a:b])
        out[b:c] = scratch.site_xpos.ravel()
        driven = out[c:d].reshape(nu, 2)
        driven[:, 0] = data.ctrl
        driven[:, 1] = data.actuator_force
        out[d:end] = data.sensordata

    return read


def _bodies(model: Any, data: Any, out: Array) -> None:
    """Write position, quaternion, velocity and angular velocity of all bodies but the world.

    MuJoCo keeps a body's velocity at its tree's centre of mass c: v(p) = v(c) + w x (p - c).
    """
    position, spin = data.xpos[1:], data.cvel[1:, :3]
    arm = position - data.subtree_com[model.body_rootid[1:]]
    out[:, 0:3] = position
    out[:, 3:7] = data.xquat[1:]
    out[:, 7:10] = data.cvel[1:, 3:] + spin[:, _YZX] * arm[:, _ZXY] - spin[:, _ZXY] * arm[:, _YZX]
    out[:, 10:13] = spin


_YZX, _ZXY = [1, 2, 0], [2, 0, 1]


class _JointReader:
    """Reads positions and velocities of all joints in the scene's order."""

    def __init__(self, model: Any) -> None:
        source: list[int] = []
        self._turning: list[tuple[int, int, int]] = []
        for i in range(model.njnt):
            kind = int(model.jnt_type[i])
            q, v = int(model.jnt_qposadr[i]), model.nq + int(model.jnt_dofadr[i])
            n_q, n_v = {FREE: (7, 6), BALL: (4, 3)}.get(kind, (1, 1))
            source += [*range(q, q + n_q), *range(v, v + n_v)]
            if kind in (FREE, BALL):
                rate = v - model.nq + n_v - 3
                self._turning.append((len(source) - 3, rate, int(model.jnt_bodyid[i])))
        self.size = len(source)
        self._source = np.array(source, dtype=np.intp)

    def read(self, data: Any, out: Array) -> None:
        out[:] = np.concatenate((data.qpos, data.qvel))[self._source]
        for start, rate, body in self._turning:
            out[start : start + 3] = data.xmat[body].reshape(3, 3) @ data.qvel[rate : rate + 3]
