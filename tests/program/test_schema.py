"""The one source of prompt, checks, live objects and rows."""

import json
from dataclasses import replace

from rewardlab.program.schema import Schema
from rewardlab.program.specs import (
    ActionSpec,
    EntitySpec,
    FieldSpec,
    MethodSpec,
    Parameter,
    PartSpec,
)

ARM = EntitySpec("Arm", "An arm.", (FieldSpec("tip", "its tip", "array", (3,), "m"),))
ROOT = EntitySpec(
    "Scene",
    "All.",
    (FieldSpec("open", "how far", "float", low=0.0, high=1.0), FieldSpec("m", "", "array", (2, 2))),
    (PartSpec("arm", ARM, "the arm"), PartSpec("other", ARM, "not here", described=False)),
)


def schema(root=ROOT, **action):
    return Schema(root, ActionSpec(**{"size": 2, **action}), 0.05)


def test_parts_stand_before_fields_without_gaps():
    slots = schema().layout
    assert [(path, slot.start, slot.stop) for path, slot in slots.items()] == [
        ("arm.tip", 0, 3),
        ("other.tip", 3, 6),
        ("open", 6, 7),
        ("m", 7, 11),
    ]
    assert schema().size == 11


def test_a_row_holds_three_scenes_the_time_and_the_action():
    assert schema().row_size == 3 * 11 + 1 + 2


def test_parts_that_a_task_lacks_have_a_place_but_are_not_described():
    described = schema().described
    assert "other.tip" in schema().layout
    assert "other.tip" not in described
    assert described["open"] == schema().layout["open"]


def test_members_are_found_by_name():
    assert ROOT.members == ("arm", "other", "open", "m")
    assert ROOT.part("arm") is ARM
    assert ROOT.field("arm") is None
    assert ROOT.part("open") is None


def test_the_hash_tells_whether_rows_can_be_scored_alike():
    def but(**changes):
        return replace(ROOT, fields=(replace(ROOT.fields[0], **changes), ROOT.fields[1]))

    same = [schema(but(doc="anew")), schema(but(unit="m")), replace(schema(), dt=0.1)]
    assert {s.hash for s in same} == {schema().hash}
    other = [
        schema(but(name="shut")),
        schema(but(shape=(1,))),
        schema(replace(ROOT, fields=ROOT.fields[::-1])),
        schema(replace(ROOT, parts=ROOT.parts[:1])),
        schema(size=3),
        schema(discrete=4),
    ]
    assert len({s.hash for s in [schema(), *other]}) == len(other) + 1


def test_json_gives_back_the_same_schema():
    before = schema(names=("left", "right"))
    after = Schema.from_json(json.loads(json.dumps(before.to_json())))
    assert after == before
    assert after.hash == before.hash


def test_an_empty_scene_has_size_zero():
    assert schema(EntitySpec("Nothing", "")).size == 0


LID = EntitySpec(
    "Lid",
    "A lid.",
    (FieldSpec("pose", "", "pose", (7,), "m"), FieldSpec("_grasp", "", "array", (4,))),
    (),
    (MethodSpec("is_held", "", (Parameter("by", "entity"), Parameter("angle", "float", 3.0))),),
    (("boxes", ((0.0, 1.0), (2.0, 3.0))),),
)


def test_json_gives_back_methods_and_constants_too():
    before = schema(LID)
    after = Schema.from_json(json.loads(json.dumps(before.to_json())))
    assert after == before
    assert hash(after) == hash(before)
    assert after.hash == before.hash


def test_the_hash_tells_constants_apart_but_not_sentences():
    moved = replace(LID, constants=(("boxes", ((0.0, 1.0), (2.0, 4.0))),))
    assert schema(moved).hash != schema(LID).hash
    said = replace(LID, methods=(replace(LID.methods[0], doc="whether it is held"),))
    assert schema(said).hash == schema(LID).hash


def test_hidden_fields_have_a_place_and_are_no_members():
    assert list(schema(LID).layout) == ["pose", "_grasp"]
    assert LID.members == ("pose", "is_held")
