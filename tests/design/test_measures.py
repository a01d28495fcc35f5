from rewardlab.coders.corrections.record import Correction, Told
from rewardlab.design.measures import measure


def record(class_, before, after, fixed="OK", **changes):
    facts = {
        **dict.fromkeys(("task", "goal", "env_id", "env_family", "scene_sha"), "x"),
        **{"round": 1, "program": "a", "fixed": "b", "fixed_class": fixed},
        **{"severity_before": before, "severity_after": after, "source": "teacher_free"},
        **{"corrector": "llm:m", "accepted": after < before, "hollow": False, "tokens_in": 2},
    }
    return Correction(feedback=Told("c", class_, "static", "m"), **{**facts, **changes})


def test_corrections_are_counted_by_class_and_corrector():
    found = measure(
        [
            record("E3", (6, 1), (0, 0)),
            record("E3", (6, 1), (2, 1), "E7", hollow=True),
            record("E3", (6, 1), (8, 1), "E1", corrector="rule:r", source="repair"),
            record("E6", (3, 1), (3, 1), "E6"),
        ]
    )
    three = found.classes["E3"]
    assert (three.attempted, three.accepted, three.passed, three.hollow, three.worse) == (
        3, 2, 1, 1, 1,
    )  # fmt: skip
    assert three.rate == 2 / 3
    assert list(found.classes) == ["E3", "E6"]
    assert found.total.attempted == found.records == 4
    assert found.correctors == {"llm:m": (3, 2), "rule:r": (1, 0)}
    assert found.sources == {"repair": 1, "teacher_free": 3}
    assert found.tokens_in == 8
    assert found.to_json()["classes"]["E6"]["rate"] == 0.0


def test_no_corrections_have_no_rate():
    assert measure([]).total.rate is None
