import pytest

from rewardlab.envs.scene import Array, Entity, Scene, field, part, with_obs
from rewardlab.program.schema import ActionSpec, FieldSpec


class Thing(Entity):
    """Something
    on a table."""

    position: Array = field("where it is", shape=(3,), unit="m")
    touched: bool = field("whether a finger touches it")


class Hinged(Thing):
    """Something that also turns."""

    touched: bool = field("whether the hand touches it")
    angle: float = field("how far it is turned", unit="rad", low=-1.0, high=1.0)


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
