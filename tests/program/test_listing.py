from rewardlab.program.finding import Finding
from rewardlab.program.listing import listing

SOURCE = "def compute_dense_reward(self, action):\n    return self.handel\n"


def test_a_finding_shows_its_line_and_its_remedy():
    found = Finding(
        "UnknownAttribute", "Scene has no 'handel'", line=2, col=11, hint="did you mean 'handle'?"
    )
    assert listing([found], source=SOURCE, name="a.py").splitlines() == [
        "a.py:2:12: error: UnknownAttribute: Scene has no 'handel'",
        "     2 |     return self.handel",
        "       |            ^",
        "  hint: did you mean 'handle'?",
    ]


def test_a_finding_without_a_place_is_one_line():
    assert (
        listing([Finding("Slow", "takes 3 ms", "warning")])
        == "program.py: warning: Slow: takes 3 ms"
    )


def test_a_line_past_the_source_is_not_shown():
    found = Finding("X", "y", line=9, col=3)
    assert listing([found], source="a\n") == "program.py:9:4: error: X: y"
