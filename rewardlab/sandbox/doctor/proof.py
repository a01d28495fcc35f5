"""A thorough proof of the jail for `rewardlab doctor`: break each layer alone, then all of it."""

from __future__ import annotations

import json
import subprocess
from typing import Any, NamedTuple, TypeAlias

from rewardlab.errors import SandboxError
from rewardlab.sandbox import kernel
from rewardlab.sandbox.doctor.attacks import inherited_and_done, reading
from rewardlab.sandbox.environment import command, environment
from rewardlab.sandbox.layers import Layer, Level, experimental, level_of, reason
from rewardlab.sandbox.trials import LEAKS, WORKS, Outcome

_PATIENCE_S = 20.0

Tried: TypeAlias = list[Outcome] | str
"""Outcomes of a layer's trials, or why it could not be tried."""


class Proof(NamedTuple):
    """What was proved.

    Attributes:
        level: What the layers are together.
        layers: Each with what was tried.
        trials: By layer: its acts, whether each is possible without it and forbidden with it.
    """

    level: Level
    layers: tuple[Layer, ...]
    trials: dict[str, list[dict[str, Any]]]


def prove() -> Proof:
    """Try to break each layer alone, and then all of them together; never raises."""
    running = _start()
    clean, whole = _workers()
    found = _finish(running)
    found |= {"clean process": clean, "reading": reading(), "whole jail": whole}
    layers = tuple(_judge(name, tried) for name, tried in found.items())
    return Proof(level_of(layers), layers, {name: _shown(t) for name, t in found.items()})


def _start() -> subprocess.Popen[bytes] | str:
    """Start to try the kernel's layers, or say why that is impossible."""
    try:
        return subprocess.Popen(
            command("from rewardlab.sandbox.doctor.acts import main; main()"),
            env=environment("0"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"no process can be started: {error.strerror}"


def _workers() -> tuple[Tried, Tried]:
    try:
        return inherited_and_done()
    except (SandboxError, OSError) as error:
        return str(error), str(error)


def _finish(running: subprocess.Popen[bytes] | str) -> dict[str, Tried]:
    names = ("seccomp", "landlock", "rlimits")
    if isinstance(running, str):
        return dict.fromkeys(names, running)
    try:
        text = running.communicate(timeout=_PATIENCE_S)[0]
        tried = json.loads(text)
        return {name: [Outcome(*outcome) for outcome in tried[name]] for name in names}
    except (subprocess.TimeoutExpired, ValueError):
        running.kill()
        running.communicate()
        return dict.fromkeys(names, "the process that tries it failed")


def _judge(name: str, tried: Tried) -> Layer:
    if isinstance(tried, str):
        return Layer(name, False, tried)
    for outcome in tried:
        if outcome.with_ not in (WORKS, LEAKS):
            return Layer(name, False, reason(name, outcome.with_))
    possible = [outcome for outcome in tried if outcome.without == LEAKS]
    through = [outcome.act for outcome in possible if outcome.with_ == LEAKS]
    forbidden = [outcome.act for outcome in possible if outcome.with_ == WORKS]
    why = f"{len(forbidden)} of {len(possible)} forbidden"
    if forbidden:
        why += f": {', '.join(forbidden)}"
    if through:
        why = f"got through: {', '.join(through)}; {why}"
    if anyway := [outcome.act for outcome in tried if outcome.without != LEAKS]:
        why += f"; impossible here anyway: {', '.join(anyway)}"
    return Layer(name, bool(forbidden) and not through, why + _remark(name))


def _remark(name: str) -> str:
    abi = f" (ABI {kernel.landlock_abi()})" if name == "landlock" else ""
    return abi + experimental(name)


def _shown(tried: Tried) -> list[dict[str, Any]]:
    if isinstance(tried, str):
        return []
    return [
        {
            "act": outcome.act,
            "possible_without": outcome.without == LEAKS,
            "forbidden": outcome.with_ == WORKS,
        }
        for outcome in tried
    ]
