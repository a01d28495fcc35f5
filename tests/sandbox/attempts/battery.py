"""Making attempts in workers and telling what effect they had."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import warnings
from typing import Any, Literal, NamedTuple, NoReturn

import numpy as np

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts.attempt import Attempt
from tests.sandbox.attempts.world import Facts, World, worker_facts

SCHEMA = Schema(EntitySpec("Task", "A task.", (FieldSpec("x", "x", "float"),)), ActionSpec(1), 0.05)
NONE = Guards(reading=False, seccomp=False, landlock=False, rlimits=False)
JAIL = Guards(reading=False)
LIMITS = Limits(call_s=3.0)


class Result(NamedTuple):
    """What an attempt did.

    Attributes:
        effects: Names of what it changed; "claim" and "secret" are what it says itself.
        fault: How it ended, "" if it returned.
    """

    effects: frozenset[str]
    fault: str


def run(
    attempt: Attempt, world: World, guards: Guards, mode: Literal["probe", "train"] = "probe"
) -> Result:
    """Make an attempt in a worker of its own and judge it."""
    source = attempt.program(world.words())
    before = world.look()
    with RewardWorker(source, SCHEMA, mode=mode, limits=LIMITS, _guards=guards) as worker:
        assert worker.ok, worker.findings
        mine = worker_facts(worker.pid)
        fault, value = "", 0.0
        try:
            value = float(worker.evaluate(np.zeros((1, SCHEMA.row_size))).reward[0])
        except WorkerFault as error:
            fault = str(error)
        changed = _differ(before, world.look()) - {"descriptors"}
        if worker.ok:
            changed |= _differ(mine, worker_facts(worker.pid))
    # The worker is dead: what is not seen now will not happen.
    return Result(frozenset(changed | _told(value, world) | _differ(before, world.look())), fault)


def unjailed(attempt: Attempt, world: World, *, patience: float = 3.0) -> Result:
    """Make an attempt in an ordinary process, forked from this one, within `patience` seconds."""
    source = attempt.program(world.words())
    before = world.look()
    ours, theirs = socket.socketpair()
    pid = fork()
    if pid == 0:
        _child(source, theirs)
    theirs.close()
    ours.settimeout(patience)
    try:
        ours.recv(4)
        mine = worker_facts(pid)
        ours.send(b"go")
        said = ours.recv(1000)
        changed = _differ(before, world.look()) - {"descriptors"}
        if said:
            changed |= _differ(mine, worker_facts(pid))
        else:
            os.waitpid(pid, 0)  # it became another program
            pid = 0
    except TimeoutError:
        said, changed = b"0 TimeoutError", set()
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        ours.close()
    value, _, fault = said.decode().partition(" ")
    changed |= _told(float(value or 0), world) | _differ(before, world.look())
    return Result(frozenset(changed), fault)


def fork() -> int:
    """Fork this process, which may have threads of the test runner: the child needs none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _child(source: str, theirs: socket.socket) -> NoReturn:
    try:
        channel = _descriptors(theirs)
        channel.send(b"here")
        channel.recv(2)
        names: dict[str, Any] = {"np": np}
        exec(source, names)
        told = f"{names['compute_dense_reward'](None, None)!r} "
    except BaseException as error:
        told = f"0 {type(error).__name__}: {error}"
    channel.send(told.encode()[:1000])
    channel.recv(1)
    os._exit(0)


def _descriptors(theirs: socket.socket) -> socket.socket:
    """Have what a worker has: nothing, a pipe to read from with a byte in it, one to write to."""
    null = os.open(os.devnull, os.O_RDWR)
    (request, full), (drain, reply) = os.pipe(), os.pipe()
    os.write(full, b"x")
    for fd in (full, drain):
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 1 << 9)
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in (null, null, null, request, reply)]
    channel = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 1 << 9)
    for target, fd in enumerate(high):
        os.dup2(fd, target, inheritable=False)
    os.closerange(5, 1 << 9)
    return socket.socket(fileno=channel)


def _told(value: float, world: World) -> set[str]:
    return {"secret"} if value == world.secret else {"claim"} if value else set()


def _differ(before: Facts, after: Facts) -> set[str]:
    names = before.keys() | after.keys()
    found = {name for name in names if before.get(name) != after.get(name)}
    old, new = (set(facts.get("its descriptors") or ()) for facts in (before, after))
    # A worker may close what it has: that ends it, and changes nothing outside.
    return found if new - old else found - {"its descriptors"}
