"""Classes of errors, for statistics: what kind of mistake a finding is."""

from __future__ import annotations

from collections.abc import Mapping

CLASSES: Mapping[str, tuple[str, int]] = {
    "NO_CODE": ("a reply without a program", 0),
    "REPEATED": ("the same program again", 0),
    "SYNTAX": ("no Python, or too long or deep", 1),
    "SIGNATURE": ("not compute_dense_reward(self, action)", 2),
    "UNKNOWN_MEMBER": ("an attribute that the scene does not have", 2),
    "WRONG_KIND": ("a method used as a value, or a value called", 2),
    "NAME": ("an undefined name", 2),
    "IMPORT": ("a package outside of the vocabulary", 2),
    "UNSAFE": ("a forbidden access or construct", 2),
    "STATE": ("memory of its own, or a changed scene", 3),
    "SHAPE": ("arrays that do not fit", 3),
    "TYPE": ("no number, or values of a wrong type", 3),
    "NONFINITE": ("not a number, infinite, or outside a function's domain", 3),
    "RUNTIME": ("another exception", 3),
    "TIMEOUT": ("too slow, too large or too talkative", 3),
    "DEGENERATE": ("the same everywhere, or one term alone", 4),
    "SEMANTIC": ("ordered against a teacher", 5),
}
"""What each class means, and at which step of checking it shows: the reply, its syntax, static
reading, running, statistics, a teacher. What fails at a step is not checked for the later ones."""

_CODES: Mapping[str, str] = {
    "NoCode": "NO_CODE",
    "Unchanged": "REPEATED",
    "RewardSyntaxError": "SYNTAX",
    "SourceTooComplex": "SYNTAX",
    "RewardSignatureError": "SIGNATURE",
    "UnknownAttribute": "UNKNOWN_MEMBER",
    "UnknownName": "NAME",
    "ForbiddenImport": "IMPORT",
    "ForbiddenSyntax": "UNSAFE",
    "ForbiddenAttribute": "UNSAFE",
    "SandboxViolation": "UNSAFE",
    "ProtocolViolation": "UNSAFE",
    "WorkerCrashed": "UNSAFE",
    "StatefulReward": "STATE",
    "StateMutation": "STATE",
    "NonDeterministicReward": "STATE",
    "NotScalarReward": "TYPE",
    "InvalidRewardInfo": "TYPE",
    "NonFiniteReward": "NONFINITE",
    "RewardRuntimeError": "RUNTIME",
    "RewardTimeout": "TIMEOUT",
    "RewardTooSlow": "TIMEOUT",
    "RewardMemoryExceeded": "TIMEOUT",
    "OutputLimit": "TIMEOUT",
    "InsensitiveReward": "DEGENERATE",
    "DOMINATED": "DEGENERATE",
    "RewardScale": "DEGENERATE",
    "LARGE": "DEGENERATE",
    "ONE_TERM": "DEGENERATE",
    "IGNORES": "DEGENERATE",
    "MISORDERED": "SEMANTIC",
}
_SAID: tuple[tuple[str, str, str], ...] = (
    ("UnknownName", "is not available (", "UNSAFE"),
    ("UnknownAttribute", "not a method", "WRONG_KIND"),
    ("UnknownAttribute", "not a value", "WRONG_KIND"),
    ("RewardRuntimeError", "math domain error", "NONFINITE"),
    ("RewardRuntimeError", "ZeroDivisionError", "NONFINITE"),
    ("RewardRuntimeError", "OverflowError", "NONFINITE"),
    ("RewardRuntimeError", "FloatingPointError", "NONFINITE"),
    ("RewardRuntimeError", "NameError", "NAME"),
    ("RewardRuntimeError", "UnboundLocalError", "NAME"),
    ("RewardRuntimeError", "TypeError", "TYPE"),
    ("RewardRuntimeError", "AttributeError", "TYPE"),
    ("RewardRuntimeError", "KeyError", "TYPE"),
    ("RewardRuntimeError", "ValueError", "SHAPE"),
    ("RewardRuntimeError", "IndexError", "SHAPE"),
)


def class_of(code: str, message: str = "") -> str:
    """Return the class of a finding: by its code, and by what it says where a code is wide.

    Codes of newer versions are of the class `RUNTIME`.
    """
    for wide, words, found in _SAID:
        if code == wide and words in message:
            return found
    return _CODES.get(code, "RUNTIME")


def step_of(name: str) -> int:
    """Return at which step of checking a class shows, from 0."""
    return CLASSES[name][1]
