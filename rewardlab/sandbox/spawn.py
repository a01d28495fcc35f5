"""The zygotes of this process: shared by all, started at first use, ended with the process.

One per hash seed, started anew after it died or after the process forked.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import Any

from rewardlab.errors import WorkerStartError
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.link import Child, Facts, Order, Zygote

HASH_SEEDS = ("1", "2")
"""Of the zygote for training and first probes, and of the one that unmasks chance."""

_zygotes: dict[str, Zygote] = {}
_guard = threading.Lock()
owned: weakref.WeakSet[Any] = weakref.WeakSet()
"""Living workers: closed at exit, and let go of (`forget`) in a forked child."""


def zygote(hash_seed: str = HASH_SEEDS[0]) -> Zygote:
    """Return this process's zygote, started if need be; it may not be ready yet."""
    with _guard:
        found = _zygotes.get(hash_seed)
        if found is None or not found.alive:
            if found is not None:
                found.close()
            found = _zygotes[hash_seed] = Zygote(hash_seed)
        return found


def facts() -> Facts:
    """Return what the zygote found out; ask a new one, if the one that we had turns out dead.

    Raises:
        WorkerStartError: A new zygote did not work either.
    """
    source = zygote()
    try:
        return source.facts(Limits())
    except WorkerStartError:
        if not source.lost:
            raise
    return zygote().facts(Limits())


def fork(hash_seed: str, how: Order, fds: tuple[int, int, int]) -> tuple[Zygote, Child]:
    """Fork a worker; from a new zygote, if the one that we had turns out to be dead.

    Raises:
        WorkerStartError: A new zygote did not work either.
    """
    source = zygote(hash_seed)
    try:
        return source, source.fork(how, fds)
    except WorkerStartError:
        if not source.lost:
            raise
    source = zygote(hash_seed)
    return source, source.fork(how, fds)


def close(hash_seed: str) -> None:
    """End one zygote."""
    with _guard:
        if found := _zygotes.pop(hash_seed, None):
            found.close()


def close_all() -> None:
    """End all workers and zygotes of this process."""
    for thing in list(owned):
        thing.close()
    with _guard:
        while _zygotes:
            _zygotes.popitem()[1].close()


def _after_fork() -> None:
    global _guard
    _guard = threading.Lock()
    while _zygotes:
        _zygotes.popitem()[1].forget()
    for thing in list(owned):
        thing.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_all)
