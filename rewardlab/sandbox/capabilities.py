"""Which layers of the jail work on this machine, found by trying what each must forbid."""

from __future__ import annotations

import errno
import logging
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from rewardlab.config import Sandbox
from rewardlab.errors import SandboxError, SandboxUnavailable
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox import spawn
from rewardlab.sandbox.limits import Limits

Level: TypeAlias = Literal["full", "partial", "process-only"]


class Layer(NamedTuple):
    """One mechanism of the jail.

    Attributes:
        name: `"seccomp"`, `"landlock"`, `"rlimits"` or `"clean process"`.
        works: Whether the forbidden act was forbidden.
        why: What it does here, or why not.
    """

    name: str
    works: bool
    why: str


@cache
def layers() -> tuple[Layer, ...]:
    """Try every layer, once per process; never raises."""
    try:
        facts = spawn.zygote().facts(Limits())
    except SandboxError as error:
        names = ("seccomp", "landlock", "rlimits", "clean process")
        return tuple(Layer(name, False, str(error)) for name in names)
    abi = facts.landlock_abi
    return (
        _layer("seccomp", facts.seccomp, "system calls other than computing fail or kill"),
        _layer("landlock", facts.landlock, f"no files, no TCP (ABI {abi})"),
        _layer("rlimits", facts.rlimits, "memory, files, processor time are bounded"),
        Layer("clean process", True, "executed anew: no environment, no descriptors, no secrets"),
    )


def level() -> Level:
    """Return `"full"`, `"partial"` (some kernel layer missing) or `"process-only"`."""
    works = {layer.name: layer.works for layer in layers()}
    if all(works.values()):
        return "full"
    return "partial" if works["seccomp"] or works["landlock"] else "process-only"


def admit(program: RewardProgram, sandbox: Sandbox = "auto", allow_degraded: bool = False) -> Level:
    """Return the level, if it is enough to run a program, whoever wrote it: see `require`."""
    return require(sandbox, allow_degraded, trusted=program.trusted)


def require(
    sandbox: Sandbox = "auto", allow_degraded: bool = False, *, trusted: bool = False
) -> Level:
    """Return the level, if it is enough; warn if it is not full.

    Args:
        sandbox: `"require"` refuses whatever is not full.
        allow_degraded: Run code of a model or a file although a layer is missing.
        trusted: See `RewardProgram.trusted`.

    Raises:
        SandboxUnavailable: A layer that is needed does not work here.
    """
    found = level()
    if found == "full":
        return found
    missing = [f"{layer.name} ({layer.why})" for layer in layers() if not layer.works]
    lacks = f"the sandbox is only {found!r} here; missing: {'; '.join(missing)}"
    if not layers()[-1].works:
        raise SandboxUnavailable(lacks)
    if sandbox == "require":
        raise SandboxUnavailable(f"{lacks}. Use Linux 5.13 or newer, or --sandbox auto")
    if not (trusted or allow_degraded):
        raise SandboxUnavailable(
            f"{lacks}. A program from a model or a file runs so only with --allow-degraded-sandbox "
            "(Python: allow_degraded=True); read it first"
        )
    _warn(f"{lacks}. Run no program that you have not read; see rewardlab doctor")
    return found


@cache
def _warn(message: str) -> None:
    logging.getLogger(__name__).warning("%s", message)


def _layer(name: str, code: int, works: str) -> Layer:
    if code == 0:
        return Layer(name, True, works)
    reasons = {255: "it forbids nothing here", errno.ENOSYS: "this kernel does not have it"}
    return Layer(name, False, reasons.get(code, f"error {errno.errorcode.get(code, code)}"))
