"""The scene of a task as a coder sees it: typed classes with a sentence, shape, unit and range."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.envs.tasks import Task
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, MethodSpec, Parameter

_TYPES = {
    "float": "float",
    "bool": "bool",
    "array": "np.ndarray",
    "pose": "ObjectPose",
    "poses": "list[ObjectPose]",
}

_POSE = """\
class ObjectPose:
    \"\"\"Position and orientation; ObjectPose(p, q) makes one.\"\"\"
    p: np.ndarray  # (3,) [m] position
    q: np.ndarray  # (4,) orientation, a unit quaternion (w, x, y, z)
    inv() -> ObjectPose  # the inverse
    to_transformation_matrix() -> np.ndarray  # (4,4)
    *  # a * b -> ObjectPose: b, given in the frame of a, in the frame that a is given in"""


def describe(task: Task) -> str:
    """Return goal, classes, action, success and tips of a task as text.

    Everything is derived from the task's schema; what a program may read is listed, and nothing
    else, except parts that the task does not have (`PartSpec.described`).
    """
    sections = (_head(task), describe_scene(task.scene), _action(task.scene.action), _tips(task))
    return "\n\n".join(section for section in sections if section) + "\n"


def describe_scene(schema: Schema) -> str:
    """Return the classes of a scene, parts before what they are part of; the last one is `self`.

    Parts that read alike share a class, whatever their surfaces are.
    """
    classes = [_class(e, last=e is schema.root, dt=schema.dt) for e in _entities(schema.root)]
    poses = any(slot.field.kind.startswith("pose") for slot in schema.described.values())
    return "\n\n".join([*[_POSE][:poses], *dict.fromkeys(classes)])


def _head(task: Task) -> str:
    lines = [f"Task {task.id}: {task.goal}" if task.goal else f"Task {task.id}"]
    if not task.published:
        lines.append("The goal sentence is our own, none was published for this task.")
    if task.success:
        lines.append(f"Solved when: {task.success}.")
    else:
        lines.append("It has no success signal: only returns can be reported.")
    seconds = task.horizon * task.scene.dt
    lines.append(
        f"A control step takes {task.scene.dt:g} s; an episode has at most {task.horizon} steps "
        f"({seconds:g} s)."
    )
    lines.append("Units are SI and radians, quaternions (w, x, y, z), vectors in the world frame.")
    return "\n".join(lines)


def _entities(entity: EntitySpec) -> Iterator[EntitySpec]:
    for part in entity.parts:
        if part.described:
            yield from _entities(part.entity)
    yield entity


def _class(entity: EntitySpec, *, last: bool, dt: float) -> str:
    lines = [f"class {entity.name}:" + ("  # this is `self`" if last else "")]
    lines.append(f'    """{entity.doc}"""')
    for part in entity.parts:
        if part.described:
            lines.append(_member(part.name, part.entity.name, part.doc))
    seen = (field for field in entity.fields if not field.hidden)
    lines += [_member(field.name, _TYPES[field.kind], _about(field)) for field in seen]
    lines += [_method(method) for method in entity.methods]
    if last:
        same = f"{entity.name} with the same members"
        lines.append(_member("previous", entity.name, f"{same}, {dt:g} s ago; at first as now"))
        lines.append(_member("initial", entity.name, f"{same}, as the episode began"))
        lines.append(_member("time", "float", "[s] since the episode began"))
    return "\n".join(lines)


def _member(name: str, kind: str, about: str) -> str:
    return f"    {name}: {kind}" + (f"  # {about}" if about else "")


def _method(method: MethodSpec) -> str:
    takes = ", ".join(map(_parameter, method.parameters))
    facts = (method.shape.replace(" ", ""), method.unit and f"[{method.unit}]", method.doc)
    about = " ".join(fact for fact in facts if fact)
    return f"    {method.name}({takes}) -> {_TYPES[method.returns]}  # {about}"


def _parameter(parameter: Parameter) -> str:
    if parameter.kind == "entity":
        return parameter.name
    default = "" if parameter.default is None else f" = {parameter.default:g}"
    return f"{parameter.name}: {_TYPES[parameter.kind]}{default}"


def _about(field: FieldSpec) -> str:
    facts = []
    if field.kind == "array":
        facts.append(str(field.shape).replace(" ", ""))
    if field.unit and not field.kind.startswith("pose"):
        facts.append(f"[{field.unit}]")
    if field.low is not None and field.low == field.high:
        facts.append(f"always {field.low:g}:")
    elif field.kind != "bool" and (field.low is not None or field.high is not None):
        low = "-inf" if field.low is None else f"{field.low:g}"
        high = "inf" if field.high is None else f"{field.high:g}"
        facts.append(f"in [{low}, {high}]")
    return " ".join([*facts, field.doc])


def _action(action: ActionSpec) -> str:
    if action.discrete:
        lines = [f"action: int  # 0 to {action.discrete - 1}"]
    else:
        lines = [f"action: np.ndarray  # ({action.size},) normalised to [-1, 1]"]
    lines += [f"    action[{i}]: {name}" for i, name in enumerate(action.names)]
    return "\n".join(lines)


def _tips(task: Task) -> str:
    return "\n".join(["Good to know:", *(f"- {tip}" for tip in task.tips)]) if task.tips else ""
