"""Numbers in sentences."""

import pytest

from rewardlab.coders.offline.amounts import amounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lift it by 0.3 m", [("0.3 m", 0.3, "length")]),
        ("lift it 30cm", [("30cm", 0.3, "length")]),
        ("0,3 m up", [("0,3 m", 0.3, "length")]),
        ("5 mm", [("5 mm", 0.005, "length")]),
        ("half a metre", [("half a metre", 0.5, "length")]),
        ("raise it twenty centimetres", [("twenty centimetres", 0.2, "length")]),
        ("at 3 meters a second", [("3 meters a second", 3.0, "speed")]),
        ("at 36 km/h", [("36 km/h", 10.0, "speed")]),
        ("at 50 cm/s", [("50 cm/s", 0.5, "speed")]),
        ("by 90 degrees", [("90 degrees", 1.570796, "angle")]),
        ("by 0.5 rad", [("0.5 rad", 0.5, "angle")]),
        ("for 3 s", [("3 s", 3.0, "other")]),
        ("use number 2", [("2", 2.0, "other")]),
        ("by -0.3 m", [("-0.3 m", -0.3, "other")]),
        ("lift the 4 cm cube 20 cm", [("4 cm", 0.04, "other"), ("20 cm", 0.2, "length")]),
        ("the 3d goal of the walker2d", []),
        ("open it halfway", [("halfway", 0.5, "share")]),
        ("leave it half-open", [("half-open", 0.5, "share")]),
        ("open it by 30%", [("30%", 0.3, "share")]),
        ("open it a little", [("a little", 0.2, "share")]),
        ("open it a little faster", []),
        ("open the little drawer with half the force", []),
        ("two thirds of the way", [("two thirds", 0.666667, "share")]),
        ("close it almost completely", [("almost completely", 0.9, "share")]),
        ("lift it fully", [("fully", 1.0, "share")]),
        ("", []),
    ],
)
def test_numbers_are_read_with_their_units(text, expected):
    found = [(said, round(value, 6), kind) for said, value, kind in amounts(text)]
    assert found == expected
