"""Which layers of the jail work on this machine, found by trying what each must forbid."""

from __future__ import annotations

import logging
from functools import cache
from typing import get_args

from rewardlab.config import Sandbox
from rewardlab.errors import SandboxError, SandboxUnavailable, UnknownName
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox import spawn
from rewardlab.sandbox.layers import Layer, Level, judged, lacking, level_of

__all__ = ["Layer", "Level", "accept", "admit", "layers", "level", "require"]


def layers() -> tuple[Layer, ...]:
    """Try every layer, once per process; never raises."""
    try:
        return _tried()
    except SandboxError as error:
        names = ("seccomp", "landlock", "rlimits", "clean process")
        return tuple(Layer(name, False, str(error)) for name in names)


@cache
def _tried() -> tuple[Layer, ...]:
    facts = spawn.facts()
    abi = facts.landlock_abi
    return (
        judged("seccomp", facts.seccomp, "system calls other than computing fail or kill"),
        judged("landlock", facts.landlock, f"no files, no TCP (ABI {abi})"),
        judged("rlimits", facts.rlimits, "memory, files, processor time are bounded"),
        Layer("clean process", True, "executed anew: no environment, no descriptors, no secrets"),
    )


def level() -> Level:
    """Return `"full"`, `"partial"` (some kernel layer missing) or `"process-only"`."""
    return level_of(layers())


_accepted: set[str] = set()
"""Ids of the programs that the user of this process accepted to run in less."""


def accept(*programs: RewardProgram | None) -> None:
    """Note that the user of this process accepts to run just these programs in less than `full`."""
    _accepted.update(program.id for program in programs if program is not None)


def admit(program: RewardProgram, sandbox: Sandbox = "auto", allow_degraded: bool = False) -> Level:
    """Return the level, if it is enough to run a program, see `require`; `allow_degraded` lasts."""
    if allow_degraded:
        accept(program)
    return require(sandbox, trusted=program.trusted or program.id in _accepted)


def require(sandbox: Sandbox = "auto", *, trusted: bool = False) -> Level:
    """Return the level, if it is enough; warn if it is not full.

    Args:
        sandbox: `"require"` refuses whatever is not full.
        trusted: Run although a layer is missing, see `RewardProgram.trusted` and `accept`.

    Raises:
        UnknownName: `sandbox` is neither: a slip must not ask for less than was meant.
        SandboxUnavailable: A layer that is needed does not work here.
    """
    if sandbox not in get_args(Sandbox):
        raise UnknownName("sandbox", sandbox, get_args(Sandbox))
    found = level()
    if found == "full":
        return found
    lacks = f"the sandbox is only {found!r} here; missing: {lacking(layers())}"
    clean = layers()[-1]
    if not clean.works:
        raise SandboxUnavailable(f"no reward program can run here: {clean.why}")
    if sandbox == "require":
        raise SandboxUnavailable(f"{lacks}. To go on with less: --sandbox auto")
    if not trusted:
        raise SandboxUnavailable(
            f"{lacks}. A program from a model or a file runs so only with --allow-degraded-sandbox "
            "(Python: allow_degraded=True); read it first"
        )
    _warn(f"{lacks}. Run no program that you have not read; see rewardlab doctor")
    return found


@cache
def _warn(message: str) -> None:
    logging.getLogger(__name__).warning("%s", message)
