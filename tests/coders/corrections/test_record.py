import json
from dataclasses import replace

import pytest

from rewardlab.coders.corrections.record import Correction


def test_a_record_comes_back_from_its_line(correction):
    record = correction(tokens_in=3, tokens_out=4, seed=5, ts="2026-01-01T00:00:00Z")
    assert Correction.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_the_line_has_the_keys_of_the_schema(correction):
    line = correction().to_json()
    assert " ".join(line) == (
        "schema id ts task goal env_id env_family scene_sha round program feedback fixed "
        "fixed_feedback severity_before severity_after source corrector accepted hollow seed tokens"
    )
    assert " ".join(line["feedback"]) == "code class stage message line known state"
    assert line["fixed_feedback"] == {"class": "OK"}


def test_the_id_forgets_names_of_locals_and_when(correction):
    record = correction()
    same = replace(record, program=record.program.replace("far", "d"), ts="x", seed=9)
    assert same.id == record.id
    assert correction(code="UnknownName").id != record.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema"),
        ({"program": 3}, "program is no text"),
        ({"program": "x" * 30_000}, "program has more"),
        ({"feedback": []}, "feedback is no JSON object"),
        ({"source": "nobody"}, "source is 'nobody'"),
        ({"severity_before": [1]}, "severity_before"),
        ({"round": -1}, "round"),
        ({"round": True}, "round"),
    ],
)
def test_what_is_no_record_says_why(correction, change, said):
    with pytest.raises(ValueError, match=said.replace("[", "\\[")):
        Correction.from_json({**correction().to_json(), **change})


def test_a_record_that_does_not_say_so_is_not_used(correction):
    """Whatever is missing in a stranger's line never makes it look more trustworthy."""
    line = correction().to_json()
    del line["hollow"]
    assert not Correction.from_json(line).useful
