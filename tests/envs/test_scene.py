import pytest

from rewardlab.envs.scene import (
    Array,
    Entity,
    Method,
    ObjectPose,
    Scene,
    field,
    method,
    part,
    with_obs,
)
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, FieldSpec, MethodSpec, Parameter


class Thing(Entity):
    """Something
    on a table."""

    position: Array = field("where it is", shape=(3,), unit="m")
    touched: bool = field("whether a finger touches it")


class Hinged(Thing):
    """Something that also turns."""

    touched: bool = field("whether the hand touches it")
    angle: float = field("how far it is turned", unit="rad", low=-1.0, high=1.0)


class Held(Thing):
    """Something that a hand can hold."""

    label = "Cup"
    constants = {"static": [0.1, 0.2], "boxes": [[[0, 1]]]}  # noqa: RUF012

    pose: ObjectPose = field("where it is", unit="m")
    grips: list[ObjectPose] = field("where to hold it", shape=(3, 7), unit="m")
    _grasp: Array = field("how it is held", shape=(4,))
    is_held: Method = method("(by: entity, angle: float = 30) -> bool", "whether by holds it")
    points: Method = method("(moved: array) -> array", "points", shape="(M, 3)", unit="m")


class Table(Scene):
    """A table."""

    height: float = field("of the table", unit="m")
    lid: Hinged = part("the lid of the box")


def test_a_field_is_declared_by_annotation_sentence_shape_unit_and_range():
    assert Thing.spec().fields == (
        FieldSpec("position", "where it is", "array", (3,), "m"),
        FieldSpec("touched", "whether a finger touches it", "bool"),
    )
    assert Hinged.spec().field("angle") == FieldSpec(
        "angle", "how far it is turned", "float", (), "rad", -1.0, 1.0
    )


def test_the_docstring_is_one_sentence_on_one_line():
    assert Thing.spec().doc == "Something on a table."


def test_inherited_members_come_first_and_may_be_described_anew():
    spec = Hinged.spec()
    assert spec.members == ("position", "touched", "angle")
    assert spec.field("touched").doc == "whether the hand touches it"
    assert Thing.spec().field("touched").doc == "whether a finger touches it"


def test_a_part_carries_its_class_and_what_it_is_here():
    (lid,) = Table.spec().parts
    assert (lid.name, lid.doc, lid.described) == ("lid", "the lid of the box", True)
    assert lid.entity == Hinged.spec()


@pytest.mark.parametrize("n_obs", [0, 5])
def test_a_scene_becomes_a_schema_with_the_observation_last(n_obs):
    schema = Table.schema(action=ActionSpec(2), dt=0.1, n_obs=n_obs)
    assert (schema.action.size, schema.dt) == (2, 0.1)
    expected = ["lid.position", "lid.touched", "lid.angle", "height"] + ["obs"] * bool(n_obs)
    assert list(schema.layout) == expected
    assert schema.size == 6 + n_obs


def test_without_an_observation_the_root_stays_as_it_is():
    root = Table.spec()
    assert with_obs(root, 0) is root


def test_poses_are_declared_by_their_annotation():
    spec = Held.spec()
    assert spec.field("pose") == FieldSpec("pose", "where it is", "pose", (7,), "m")
    assert spec.field("grips") == FieldSpec("grips", "where to hold it", "poses", (3, 7), "m")


def test_methods_are_declared_as_python_writes_them():
    assert Held.spec().methods == (
        MethodSpec(
            "is_held",
            "whether by holds it",
            (Parameter("by", "entity"), Parameter("angle", "float", 30.0)),
            "bool",
        ),
        MethodSpec("points", "points", (Parameter("moved", "array"),), "array", "(M, 3)", "m"),
    )


def test_hidden_fields_are_recorded_and_no_members():
    spec = Held.spec()
    assert spec.members == ("position", "touched", "pose", "grips", "is_held", "points")
    schema = Schema(spec, ActionSpec(1), 0.1)
    assert list(schema.layout) == ["position", "touched", "pose", "grips", "_grasp"]
    assert schema.size == 3 + 1 + 7 + 21 + 4


def test_constants_make_a_spec_no_less_a_value():
    spec = Held.spec()
    assert spec.name == "Cup"
    assert dict(spec.constants) == {"static": (0.1, 0.2), "boxes": (((0, 1),),)}
    assert hash(spec) == hash(Held.spec())
