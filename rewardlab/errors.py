"""Every exception that rewardlab raises for a reason its user can act on.

A message says what was received, what is allowed (with the closest match) and
what to do. The command line prints it as one line and exits with `exit_code`.

```
RewardlabError                    1
├── UsageError                    2   the call itself is wrong
│   ├── UnknownName               2   a task, run, algorithm … that does not exist
│   ├── AmbiguousName             2   the beginning of several names
│   ├── ConfigError               2   a value or file that cannot be read, with its line
│   ├── MissingExtra              2   an optional package is not installed
│   └── GoalNotUnderstood         2   the offline composer cannot ground a sentence
├── CoderError                    2   a model's service failed or answered without code
├── StorageError                  2   disk full, folder unreadable, folder from a newer version
├── RenderError                   2   no way to draw pictures on this machine
├── ProgramRefused                1   a reward program did not pass validation
├── InfeasibleDesign              1   no reward satisfies a design's constraints
├── UntrustedFile                 1   a file whose reading could run code of a stranger
├── UntrustedModule               1   a run names a module that its user did not name
├── RewardFault                   1   a reward program failed while training
├── ShaperFault                   1   a shaper returned something else than finite numbers
└── SandboxError                  1   our jail failed; never the program's fault
    ├── SandboxUnavailable        1   a layer that was required does not work here
    └── WorkerStartError          1   a worker could not be locked down
```
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class RewardlabError(Exception):
    """Base of all errors that a user can act on."""

    exit_code = 1


class Caution(UserWarning):
    """Something that works, though perhaps not as its user thinks; one line."""


class UsageError(RewardlabError):
    """The call itself is wrong: fix it and call again."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that does not exist, with the closest ones that do.

    Args:
        kind: What was looked up, e.g. `"task"`.
        name: What was received.
        known: All names that exist.
        remedy: What to do; by default the sentence lists the closest matches.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        self.kind, self.name = kind, name
        self.known = tuple(known)
        self.close = closest(name, self.known)
        if self.close:
            hint = f"did you mean {' or '.join(self.close)}?"
        elif self.known:
            hint = f"known: {', '.join(self.known[:10])}" + (" …" if len(self.known) > 10 else "")
        else:
            hint = f"there is no {kind} yet"
        super().__init__(f"unknown {kind} {name!r}; {hint}" + (f" {remedy}" if remedy else ""))


class AmbiguousName(UsageError):
    """The beginning of several names where one was asked for.

    Args:
        kind: What was looked up, e.g. `"run"`.
        name: What was received.
        found: The names that begin so.
    """

    def __init__(self, kind: str, name: str, found: Sequence[str]) -> None:
        self.kind, self.name, self.found = kind, name, tuple(found)
        more = f" and {len(found) - 8} more" if len(found) > 8 else ""
        super().__init__(
            f"{kind} {name!r} is ambiguous: {', '.join(found[:8])}{more}; write more of the name"
        )


class ConfigError(UsageError):
    """A configuration value or file that cannot be understood."""


class MissingExtra(UsageError):
    """An optional package is missing.

    Args:
        what: What needs it, e.g. `"metaworld tasks"`.
        extra: The extra that brings it, e.g. `"metaworld"`.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} need an extra: pip install 'rewardlab[{extra}]'")


class GoalNotUnderstood(UsageError):
    """The offline composer cannot ground a goal in a scene and does not guess."""


class CoderError(RewardlabError):
    """A coder's service failed, or its reply holds no program.

    Args:
        message: One line.
        record: JSON-ready record of the call that failed, for the run folder.
    """

    exit_code = 2

    def __init__(self, message: str, record: dict[str, Any] | None = None) -> None:
        self.record = record or {}
        super().__init__(message)


class StorageError(RewardlabError):
    """A folder cannot be written or read."""

    exit_code = 2


class RenderError(RewardlabError):
    """Pictures cannot be drawn on this machine."""

    exit_code = 2


class ProgramRefused(RewardlabError):
    """A reward program did not pass validation.

    Args:
        message: One line.
        verdict: The `Verdict` that refused it, if one was made.
    """

    def __init__(self, message: str, verdict: Any = None) -> None:
        self.verdict = verdict
        super().__init__(message)


class InfeasibleDesign(RewardlabError):
    """No reward keeps the optimum within the states, features and magnitude allowed.

    Args:
        short: By how much an elastic solve misses the gap of each (state, action), worst first.
        r_max: Largest magnitude that was allowed.
    """

    def __init__(self, short: Mapping[tuple[int, int], float], r_max: float) -> None:
        self.short = dict(short)
        worst = ", ".join(
            f"state {s} action {a} by {amount:.4g}" for (s, a), amount in list(short.items())[:5]
        )
        more = f" and {len(short) - 5} more" if len(short) > 5 else ""
        super().__init__(
            f"no reward within |R| <= {r_max:g} on the allowed states and features keeps the "
            f"optimal actions ahead; short of their gap: {worst}{more}; raise r_max, allow more "
            "states or give finer features"
        )


class UntrustedFile(RewardlabError):
    """A file that could run code of whoever made it when it is read.

    Args:
        path: The file.
    """

    def __init__(self, path: object) -> None:
        super().__init__(
            f"{path} holds pickles, which can run code of whoever made it, so it is not read; if "
            f"you trust it: rewardlab evaluate {path} --task TASK --trust-pickle"
        )


class UntrustedModule(RewardlabError):
    """A run's task is registered by a module, and importing that would run it.

    Args:
        run: The run.
        task: Its task.
        module: The module.
    """

    def __init__(self, run: str, task: str, module: str) -> None:
        super().__init__(
            f"run {run} is about {task}: that would import and run the Python module {module!r}; "
            f"if it is yours, name the task too: {task}"
        )


class RewardFault(RewardlabError):
    """A reward program failed while a run used it.

    Args:
        message: One line.
        record: JSON-ready facts: code, row, state by field name, program id, message.
    """

    def __init__(self, message: str, record: dict[str, Any] | None = None) -> None:
        self.record = record or {}
        super().__init__(message)


class ShaperFault(RewardlabError):
    """A shaper returned something else than one finite number per transition."""


class SandboxError(RewardlabError):
    """The jail itself failed; never blamed on a program."""


class SandboxUnavailable(SandboxError):
    """A sandbox layer that was required does not work on this machine."""


class WorkerStartError(SandboxError):
    """A jailed worker could not be started or locked down."""


def closest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` of `known` that look like `name`, best first.

    One that is more than twice as long must hold the other: letters alone put `ant` in `cabinet`.
    """
    lower = name.lower()
    lowered = {k.lower(): k for k in known if _comparable(lower, k.lower())}
    found = difflib.get_close_matches(lower, lowered, n=n, cutoff=0.55)
    return [lowered[f] for f in found]


def _comparable(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return len(long) <= 2 * len(short) or short in long
