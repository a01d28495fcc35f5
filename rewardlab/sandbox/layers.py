"""The layers of the jail, how much they are together, and why one is missing."""

from __future__ import annotations

import errno
import platform
import re
import sys
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from rewardlab.sandbox import kernel
from rewardlab.sandbox.trials import LEAKS, WORKS

Level: TypeAlias = Literal["full", "partial", "process-only"]

_SINCE = {"landlock": (5, 13), "seccomp": (3, 17)}
OUTER_BOX = (
    'docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD:/work" -w /work '
    "--cap-drop ALL --security-opt no-new-privileges --pids-limit 256 --memory 4g IMAGE rewardlab"
)
"""What may stand in for layers that are missing: a container around all of rewardlab."""

_ALLOW = "for Docker with --security-opt seccomp=unconfined"


class Layer(NamedTuple):
    """One mechanism of the jail.

    Attributes:
        name: `"seccomp"`, `"landlock"`, `"rlimits"` or `"clean process"`.
        works: Whether the forbidden act was forbidden.
        why: What it does here, or why not and what to do.
    """

    name: str
    works: bool
    why: str


def level_of(layers: Iterable[Layer]) -> Level:
    """Return `"full"`, `"partial"` (some kernel layer missing) or `"process-only"`."""
    works = {layer.name: layer.works for layer in layers}
    if all(works.values()):
        return "full"
    kernel_holds = works["clean process"] and (works["seccomp"] or works["landlock"])
    return "partial" if kernel_holds else "process-only"


def lacking(layers: Iterable[Layer]) -> str:
    """Name the layers that do not work, with their reasons."""
    names: dict[str, list[str]] = {}
    for layer in layers:
        if not layer.works:
            names.setdefault(layer.why, []).append(layer.name)
    return "; ".join(f"{' and '.join(who)} ({why})" for why, who in names.items())


def judged(name: str, outcome: int, works: str) -> Layer:
    """Return a layer from the outcome of its trial.

    Args:
        name: Its name.
        outcome: `trials.WORKS`, `trials.LEAKS`, or the error with which it could not be used.
        works: What it does where it works.
    """
    if outcome == WORKS:
        return Layer(name, True, works + experimental(name))
    return Layer(name, False, reason(name, outcome))


def experimental(name: str) -> str:
    """Return a remark on layers that nobody has run on this processor yet."""
    arm = name == "seccomp" and platform.machine() == "aarch64"
    return " (experimental on aarch64)" if arm else ""


def reason(name: str, outcome: int) -> str:
    """Say why a layer does not work here, and what to do."""
    release = platform.release()
    if name in _SINCE and sys.platform != "linux":
        return "only Linux has it"
    if name == "seccomp" and kernel.machine() is None:
        return f"its numbers for {platform.machine()} are not known; use x86-64"
    if outcome == LEAKS:
        return "it forbids nothing here"
    if outcome in (errno.EPERM, errno.EACCES):
        return f"forbidden from outside, as containers do; allow it there, {_ALLOW}"
    if name == "rlimits" and outcome == errno.ENOENT:
        return "memory cannot be bounded without /proc; mount it"
    if outcome == errno.EOPNOTSUPP:
        return "switched off when this kernel started; add it to the kernel's lsm= parameter"
    if outcome in (errno.ENOSYS, errno.EINVAL) and name in _SINCE:
        numbers = tuple(int(n) for n in re.findall(r"\d+", release)[:2])
        if numbers < _SINCE[name]:
            return f"this kernel ({release}) does not have it; use Linux 5.13 or newer, no gVisor"
        return f"this kernel ({release}) lacks it or a container hides it; allow it, {_ALLOW}"
    return f"error {errno.errorcode.get(outcome, outcome)}"
