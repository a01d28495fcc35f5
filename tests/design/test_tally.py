import pytest

from rewardlab.coders.replay import read_calls
from rewardlab.design.generate import generate
from rewardlab.design.tally import tally

NO_MEMBER = "UnknownAttribute: line 2: self.robot has no 'hand'"
NO_NAME = "UnknownName: line 3: x"
NAN = "NonFiniteReward: nan on state 0"
SYNTAX = "RewardSyntaxError: line 1: column 3"


def chain(*attempts, sample=0, model="m", **facts):
    """Recorded calls of a candidate, from the findings on each reply; `()` passed."""
    return [
        {
            **{"model": model, "sample": sample, "attempt": i, "reply": "x", **facts},
            **{"tokens": {"prompt_tokens": 10, "completion_tokens": 2}},
            **{"findings": list(findings), "program_id": "p"},
            "error": findings[0].partition(":")[0] if findings else None,
        }
        for i, findings in enumerate(attempts)
    ]


def errors(*folders):
    (one,) = tally(folders).values()
    return {name: (r.seen, r.repaired, r.given_up) for name, r in one.classes.items()}


def test_an_error_is_repaired_by_the_reply_that_lacks_it():
    assert errors(chain([NO_MEMBER], [])) == {"UNKNOWN_MEMBER": (1, [1, 0, 0], 0)}
    assert errors(chain([NO_MEMBER], [NO_MEMBER], [])) == {"UNKNOWN_MEMBER": (1, [0, 1, 0], 0)}
    assert errors(chain(*[[NO_MEMBER]] * 6, [])) == {"UNKNOWN_MEMBER": (1, [0, 0, 1], 0)}
    assert errors(chain([NO_MEMBER], [NO_MEMBER])) == {"UNKNOWN_MEMBER": (1, [0, 0, 0], 1)}


def test_one_error_may_go_while_another_stays_or_comes():
    assert errors(chain([NO_MEMBER, NO_NAME], [NO_NAME], [NAN], [])) == {
        "UNKNOWN_MEMBER": (1, [1, 0, 0], 0),
        "NAME": (1, [0, 1, 0], 0),
        "NONFINITE": (1, [1, 0, 0], 0),
    }


def test_what_is_not_checked_is_not_repaired():
    """A reply that is no Python says nothing of members and numbers."""
    assert errors(chain([NAN], [SYNTAX], [NO_MEMBER])) == {
        "SYNTAX": (1, [1, 0, 0], 0),
        "UNKNOWN_MEMBER": (1, [0, 0, 0], 1),
        "NONFINITE": (1, [0, 0, 0], 1),
    }


def test_the_same_answer_twice_repairs_nothing():
    again = {"model": "m", "sample": 0, "attempt": 1, "reply": "x", "error": "SameAnswer"}
    assert errors([*chain([NO_MEMBER]), again]) == {
        "REPEATED": (1, [0, 0, 0], 1),
        "UNKNOWN_MEMBER": (1, [0, 0, 0], 1),
    }


def test_a_fault_of_a_run_comes_before_the_first_reply():
    assert errors(chain([], repairs=[NAN])) == {"NONFINITE": (1, [1, 0, 0], 0)}


def test_candidates_that_were_asked_at_once_are_told_apart():
    one, two = chain([NO_MEMBER], []), chain([NO_NAME], [NO_NAME], sample=1)
    mixed = [one[0], two[0], two[1], one[1]]
    assert errors(mixed) == {"UNKNOWN_MEMBER": (1, [1, 0, 0], 0), "NAME": (1, [0, 0, 0], 1)}


def test_a_later_session_in_the_same_folder_is_another_candidate():
    (one,) = tally([[*chain([NO_MEMBER]), *chain([])]]).values()
    assert (one.candidates, one.passed, one.passed_at_once) == (2, 1, 1)


def test_models_are_told_apart_and_their_cost_counted():
    failed = {"model": "b", "sample": 0, "attempt": 0, "error": "RateLimitError"}
    found = tally([chain([NAN], []), chain([], model="b", cached=True), [failed]])
    a, b = found["m"], found["b"]
    assert (a.candidates, a.passed, a.calls, a.prompt_tokens, a.completion_tokens) == (
        1, 1, 2, 20, 4,
    )  # fmt: skip
    assert (b.candidates, b.calls, b.cached, b.failed, b.prompt_tokens) == (2, 0, 1, 1, 0)
    assert a.to_json()["classes"]["NONFINITE"]["rate"] == 1.0


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"sample": "x", "attempt": "y", "model": {"a": 1}, "tokens": 7, "findings": "no"},
        {"findings": [1, None], "reply": 3, "repairs": {}},
        {"reply": "x", "tokens": {"prompt_tokens": -1, "completion_tokens": "many"}},
        {"model": "a\x1b[31m\nb", "reply": "x"},
    ],
)
def test_a_damaged_call_breaks_nothing(call):
    ((name, one),) = tally([[call]]).items()
    assert one.candidates == 1
    assert "\n" not in name
    assert "\x1b" not in name


def test_what_a_run_recorded_is_counted(answers, task, good, unknown_member, block, tmp_path):
    answers(block(unknown_member), block(good))
    generate(task, coder="openai", model="m1", record=tmp_path / "llm")
    found = tally([read_calls(tmp_path)])
    assert list(found) == ["m1"]
    assert found["m1"].classes["UNKNOWN_MEMBER"].repaired == [1, 0, 0]
    assert (found["m1"].calls, found["m1"].prompt_tokens) == (2, 22)


def test_a_reply_without_a_program_that_comes_twice_is_not_repaired():
    again = {"model": "m", "sample": 0, "attempt": 1, "reply": "x", "error": "SameAnswer"}
    assert errors([*chain(["NoCode: the reply holds no program"]), again]) == {
        "NO_CODE": (1, [0, 0, 0], 1),
        "REPEATED": (1, [0, 0, 0], 1),
    }
