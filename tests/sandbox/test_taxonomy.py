"""One minimal program per code that only running gives: code, line, state, remedy.

Programs that the static reading refuses come in by the seam, for the jail and the probe must stand
without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from rewardlab.program.finding import CODES, Finding
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox import probe as module
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.faults import MESSAGE_LIMIT, REMEDIES
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.probe import Probe, probe

Try = Callable[..., Probe]


class Case(NamedTuple):
    """A body, and what must be said about it: in the message, in the remedy, at which line."""

    body: str
    says: str
    remedy: str
    line: int | None = None
    unread: bool = False


ERRORS = {
    "RewardRuntimeError": Case(
        "d = self.angle\nreturn 1.0 / (d - d)",
        "ZeroDivisionError: float division by zero on state 0 (case 0); it read angle = ",
        "divide only by what cannot be 0",
        line=3,
    ),
    "NotScalarReward": Case(
        "found = {'a': self.goal_position}\nreturn found['a']",
        "the reward is an array of shape (3,) and dtype float64 on state 0",
        "return one float",
    ),
    "InvalidRewardInfo": Case(
        "return self.angle, {'a' + ' ' + 'b': 1.0}", "names of terms are", "name at most 64 terms"
    ),
    "NonFiniteReward": Case(
        "return float(np.log(self.angle - self.angle))",
        "the reward is -inf on state 0 (case 0); it read angle = ",
        "guard zero distances",
    ),
    "NonDeterministicReward": Case(
        "names = {str(i) for i in range(50)}\nreturn self.angle + float(list(names)[0])",
        "in another process on state 0",
        "order of sets",
    ),
    "StatefulReward": Case(
        "import builtins\nn = getattr(builtins, 'n', 0)\nbuiltins.n = n + 1\n"
        "return self.angle + float(n > 200)",
        "after many calls on state",
        "use self.previous, self.initial, self.time",
        unread=True,
    ),
    "StateMutation": Case("self.angle = 3.0\nreturn 0.0", "angle", ".copy()", 2, unread=True),
    "UnknownAttribute": Case(
        "return self.angel", "nearest angle", "read only what the scene has", 2, unread=True
    ),
    "RewardTimeout": Case(
        "x = self.angle\nwhile x < 1e9:\n    x = x * 1.0\nreturn x",
        " s on state 0 (case 0)",
        "make every loop end",
    ),
    "RewardTooSlow": Case(
        "x = self.angle\nfor i in range(200000):\n    x = x + 1.0\nreturn x",
        "limit 2 ms",
        "numpy on whole arrays",
    ),
    "RewardMemoryExceeded": Case(
        "return self.angle + float(np.ones((100000, 100000)).sum())",
        "out of memory on state 0",
        "smaller arrays",
        line=2,
    ),
    "OutputLimit": Case(
        "for i in range(20000):\n    print(self.angle)\nreturn self.angle",
        "printed more than",
        "print less",
        line=3,
    ),
    "WorkerCrashed": Case(
        "import ctypes\nctypes.string_at(0)\nreturn 0.0",
        "SIGSEGV) on state 0",
        "plain numpy",
        unread=True,
    ),
    "SandboxViolation": Case(
        "import os\ntry:\n    os.open('/etc/passwd', 0)\nexcept OSError:\n    pass\nreturn 0.0",
        "never does on state 0",
        "only compute",
        unread=True,
    ),
    "ProtocolViolation": Case(
        "import os, time\nos.write(4, b'X')\ntime.sleep(0.01)\nreturn self.angle",
        "rang a bell that does not exist on state 0",
        "leave the interpreter",
        unread=True,
    ),
}

WARNINGS = {
    "InsensitiveReward": Case(
        "return float(action @ action)", "the action alone", "read the scene"
    ),
    "SparseReward": Case("return 5.0 if self.angle > 1.95 else 0.0", "% of states", "slope"),
    "RewardScale": Case("return 1e7 * self.angle", "reaches", "np.tanh"),
    "SlowReward": Case(
        "x = self.angle\nfor i in range(20000):\n    x = x + 1e-3\nreturn x",
        "p50",
        "numpy on whole",
    ),
    "CoercedReward": Case("return np.array([self.angle])", "was not a float", "float("),
    "OutputWarning": Case("print(self.angle)\nreturn self.angle", "prints", "named terms"),
    "TermSumMismatch": Case("return self.angle, {'a': 2 * self.angle}", "differ by", "sum of its"),
    "SCALE": Case("return 1e-3 * self.angle", "varies by", "weigh its terms"),
    "CONSTANT": Case(
        "return self.angle + 1.0, {'angle': self.angle, 'alive': 1.0}", "'alive' is 1", "end early"
    ),
    "UNREACHED": Case(
        "b = 9.0 * (self.angle > 99)\nreturn self.angle + b, {'a': self.angle, 'b': b}",
        "'b' is 0",
        "when it is to pay",
    ),
    "DOMINATED": Case(
        "c = -9.0 * action @ action\nreturn self.angle + c, {'a': self.angle, 'c': c}",
        "outweighs all others",
        "weight",
    ),
    "IDLE_PAY": Case(
        "b = 1.0 * (self.robot.gripper_openness > OPEN)\n"
        "return self.angle + b, {'a': self.angle, 'b': b}",
        "'b' pays 1 in every initial state",
        "once something is reached",
    ),
}


@pytest.fixture
def tried(schema: Schema, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Try:
    def run(body: str, *, unread: bool = False, **limits: float) -> Probe:
        if unread:
            seam = partial(RewardWorker, _guards=Guards(reading=False))
            monkeypatch.setattr(module, "RewardWorker", seam)
        head, lines = "def compute_dense_reward(self, action):\n", body.split("\n")
        source = head + "".join(f"    {line}\n" for line in lines)
        slot = schema.layout["robot.gripper_openness"]
        source = source.replace("OPEN", repr(rows[-1, slot.start] - 1e-3))
        names = (*(f"case {i}" for i in range(len(rows) - 1)), "after a reset")
        return probe(RewardProgram(source), schema, rows, names=names, limits=Limits(**limits))

    return run


def check(finding: Finding, case: Case) -> None:
    assert case.says in finding.message
    assert case.remedy in finding.hint
    assert finding.line == case.line
    assert len(finding.message) <= MESSAGE_LIMIT
    assert finding.message.isprintable()
    json.dumps(finding.to_json())


@pytest.mark.parametrize("code", ERRORS)
def test_what_refuses_a_program(tried: Try, code: str) -> None:
    case = ERRORS[code]
    limits = {"call_s": 0.4} if code == "RewardTimeout" else {}
    result = tried(case.body, unread=case.unread, **limits)
    (finding,) = result.findings
    assert (finding.code, finding.severity) == (code, "error")
    check(finding, case)
    if code != "RewardTooSlow":  # which is about all states
        assert finding.state is not None
        assert {"angle", "robot.ee_position", "time", "action"} <= set(finding.state)


@pytest.mark.parametrize("code", WARNINGS)
def test_what_only_warns(tried: Try, code: str) -> None:
    (finding,) = tried(WARNINGS[code].body).findings
    assert (finding.code, finding.severity) == (code, "warning")
    check(finding, WARNINGS[code])
    assert (finding.state is not None) == (code in ("RewardScale", "TermSumMismatch"))


def test_every_code_of_running_has_a_remedy_and_a_program_here() -> None:
    running = {code for code, facts in CODES.items() if "running" in facts.by}
    assert set(REMEDIES) == running
    assert set(ERRORS) | set(WARNINGS) == running
    assert all(REMEDIES.values())


def test_more_terms_than_are_logged_are_dropped_and_said(tried: Try) -> None:
    result = tried("return self.angle, {'t' + str(i): self.angle / 70 for i in range(70)}")
    dropped = [f for f in result.findings if f.code == "InvalidRewardInfo"]
    assert [f.severity for f in dropped] == ["warning"]
    assert "more than 64 terms" in dropped[0].message
    assert len(result.terms) == 64


def test_a_term_must_be_a_finite_number_too(tried: Try) -> None:
    (finding,) = tried("return self.angle, {'a': self.angle, 'b': math.inf}").findings
    assert finding.code == "NonFiniteReward"
    assert "b is inf on state 0" in finding.message


@pytest.mark.parametrize("body", ["return F(1.0)", "return self.angle, {'a': F(1.0)}"])
def test_a_number_of_its_own_kind_is_none(tried: Try, body: str) -> None:
    """To convert it would run its methods; `float` itself would accept it."""
    kind = "class F(float):\n    def __float__(self): raise SystemExit\n"
    (finding,) = tried(kind + body, unread=True).findings
    assert finding.code in ("NotScalarReward", "InvalidRewardInfo")
    assert "is a F" in finding.message


def test_state_in_the_same_process_is_found_at_once(tried: Try) -> None:
    result = tried(
        "import builtins\nbefore = getattr(builtins, 'before', 0.0)\n"
        "builtins.before = self.angle\nreturn self.angle + before",
        unread=True,
    )
    (finding,) = result.findings
    assert finding.code == "StatefulReward"
    assert "when repeated" in finding.message


def test_state_that_only_another_order_shows_is_found(tried: Try) -> None:
    """It looks at the call before, but for the very first state: each pass repeats the others."""
    result = tried(
        "import builtins\nfirst = builtins.first = getattr(builtins, 'first', self.angle)\n"
        "before = getattr(builtins, 'before', 0.0)\nbuiltins.before = self.angle\n"
        "return self.angle if self.angle == first else self.angle + before",
        unread=True,
    )
    (finding,) = result.findings
    assert finding.code == "StatefulReward"
    assert "in another order" in finding.message


def test_a_zero_of_another_sign_is_another_value(tried: Try) -> None:
    result = tried(
        "import builtins\nn = getattr(builtins, 'n', 0)\nbuiltins.n = n + 1\n"
        "return -0.0 if n > 250 else 0.0",
        unread=True,
    )
    assert result.findings[0].code == "StatefulReward"
    assert "0.0 and -0.0" in result.findings[0].message
    assert "after many calls" in result.findings[0].message


@pytest.mark.skipif(
    Path("/proc/sys/kernel/randomize_va_space").read_text().strip() == "0",
    reason="addresses are the same in every process of this machine",
)
def test_addresses_differ_in_another_process(tried: Try) -> None:
    (finding,) = tried("return self.angle + float(id(np) % 99991)", unread=True).findings
    assert finding.code == "NonDeterministicReward"


def test_a_program_may_spoil_what_it_is_given(tried: Try, schema: Schema, rows: np.ndarray) -> None:
    """It gets copies of a buffer that is filled anew for each call: nothing leaks either way."""
    spoil = (
        "for part in (self.goal_position, self.previous.goal_position, self.robot.ee_position):\n"
        "    part[:] = 1e9\naction[:] = 1e9\nreturn float(self.goal_position[0] + action[0] * 0)"
    )
    assert tried(spoil, unread=True).findings == ()
    head = "def compute_dense_reward(self, action):\n"
    source = head + "".join(f"    {line}\n" for line in spoil.split("\n"))
    before = rows.copy()
    with RewardWorker(source, schema, _guards=Guards(reading=False)) as worker:
        start = schema.layout["goal_position"].start
        for _ in range(2):
            assert np.array_equal(worker.evaluate(rows).reward, rows[:, start])
    assert np.array_equal(rows, before)


def test_text_of_a_program_is_one_short_harmless_line(tried: Try) -> None:
    hostile = "raise ValueError('\\x1b[31m\\u202e\\n' + 'x' * 5000)"
    (finding,) = tried(hostile, unread=True).findings
    assert "\\x1b[31m\\u202e\\n" in finding.message
    assert len(finding.message) <= MESSAGE_LIMIT
    assert finding.message.isprintable()


def test_the_line_is_the_programs_even_where_a_library_raised(tried: Try) -> None:
    (finding,) = tried("m = np.zeros((2, 2))\nreturn float(np.linalg.inv(m)[0, 0])").findings
    assert finding.line == 3
    assert "LinAlgError" in finding.message
    assert "np.linalg.pinv" in finding.hint


def test_what_fails_while_loading_has_a_remedy_too(schema: Schema, rows: np.ndarray) -> None:
    source = "X = 1 / 0\ndef compute_dense_reward(self, action):\n    return X\n"
    (finding,) = probe(RewardProgram(source), schema, rows).findings
    assert finding.code in ("RewardRuntimeError", "ForbiddenSyntax")
    assert finding.hint


def test_only_what_the_program_names_is_said_to_be_read(tried: Try) -> None:
    body = "far = self.previous.robot.ee_position\nreturn float(far[int(99 + 0 * self.time)])"
    (finding,) = tried(body).findings
    assert "previous.robot.ee_position = (" in finding.message
    assert "time = " in finding.message
    assert "angle" not in finding.message
    assert "index" in finding.message


def test_a_term_that_comes_late_is_state_too(tried: Try) -> None:
    result = tried(
        "import builtins\nn = getattr(builtins, 'n', 0)\nbuiltins.n = n + 1\n"
        "return self.angle, {'late': self.angle} if n > 200 else {}",
        unread=True,
    )
    (finding,) = result.findings
    assert finding.code == "StatefulReward"
    assert "'late'" in finding.message


def test_odd_escapes_in_a_text_warn_nobody_while_a_fault_is_told(tried: Try) -> None:
    """Where warnings are errors, as in these tests, they would raise in the parent."""
    (finding,) = tried("text = '\\d'\nreturn 1.0 / (self.angle * 0)").findings
    assert finding.code == "RewardRuntimeError"
    assert "angle = " in finding.message
