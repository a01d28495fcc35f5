"""What a parent holds of one worker: its process, the memory that they share, two pipes."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import signal

import numpy as np

from rewardlab.errors import WorkerStartError
from rewardlab.sandbox import frames, spawn
from rewardlab.sandbox.batch import LOST, WorkerFault
from rewardlab.sandbox.bells import ParentBell
from rewardlab.sandbox.deadline import Deadline
from rewardlab.sandbox.frames import Violation
from rewardlab.sandbox.link import Order
from rewardlab.sandbox.memory import shared_memory

_ENDS = {
    "SIGSYS": ("SandboxViolation", "tried what a program that only computes never does"),
    "SIGXCPU": ("RewardTimeout", "used up its processor time"),
}


class Connection:
    """A worker, forked and not yet locked.

    Args:
        job: What it is to load, as in `frames`.
        order: What kind of worker is wanted.
        hash_seed: Which zygote it is forked from, see `spawn.HASH_SEEDS`.

    Attributes:
        memory: What both share; its layout is the order's.
        rows: `(rows, D)` view of the rows of a request.
        bell: Calls it.
        closed: Whether it has ended, for us.

    Raises:
        WorkerStartError: It could not be forked.
    """

    def __init__(self, job: bytes, order: Order, *, hash_seed: str) -> None:
        self.closed = True
        place = order.place
        memory_fd = shared_memory(place.size)
        try:
            self.memory = mmap.mmap(memory_fd, place.size)
            self.memory[place.job_at :] = job
            self.rows = np.frombuffer(
                self.memory, np.float64, place.rows * place.row_size, place.rows_at
            ).reshape(place.rows, place.row_size)
            self._fork(memory_fd, order, hash_seed)
        finally:
            os.close(memory_fd)

    def _fork(self, memory_fd: int, order: Order, hash_seed: str) -> None:
        theirs_in, self._request = os.pipe()
        self._reply, theirs_out = os.pipe()
        self.bell = ParentBell(self.memory, order.place, self._request)
        # Whoever answers without reading would in the end make us wait for room in the pipe.
        os.set_blocking(self._request, False)
        try:
            fds = (theirs_in, theirs_out, memory_fd)
            self._zygote, self._child = spawn.fork(hash_seed, order, fds)
        except BaseException:
            os.close(self._request)
            os.close(self._reply)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._poll = select.poll()
        self._poll.register(self._reply, select.POLLIN)
        if self._child.pidfd is not None:
            self._poll.register(self._child.pidfd, select.POLLIN)
        self.closed = False
        spawn.owned.add(self)

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._child.pid

    def wait(self, expected: bytes, deadline: Deadline) -> None:
        """Wait for one byte on the reply pipe.

        Raises:
            WorkerFault: The worker died, or the time is over.
            Violation: It wrote something else.
            WorkerStartError: It was not locked in time, or said that it could not be.
        """
        events: list[tuple[int, int]] = []
        while not events:
            left = deadline.left()
            if not left:
                raise self._timeout(expected, deadline)
            events = self._poll.poll(left * 1000.0)
        if any(fd == self._reply for fd, _ in events):
            got = os.read(self._reply, 1)
            if got == expected:
                return
            if got == frames.FAILED and expected == frames.LOCKED:
                reason = frames.clean(os.read(self._reply, 400))
                raise WorkerStartError(f"a worker could not be locked: {reason}")
            if got:
                raise Violation("rang a bell that does not exist")
        raise self._death(expected)

    def _timeout(self, expected: bytes, deadline: Deadline) -> Exception:
        self.close()
        if expected == frames.LOCKED:
            return WorkerStartError(f"a worker was not ready in {deadline.seconds:.0f} s")
        return WorkerFault("RewardTimeout", f"no answer in {deadline.seconds:.1f} s")

    def _death(self, expected: bytes) -> Exception:
        self._zygote.end(self._child)
        code = self._zygote.exit_code(self.pid)
        self.close()
        if code is None:
            lost = "the process that jails reward programs was killed; try again"
            return WorkerStartError(lost) if expected == frames.LOCKED else WorkerFault(LOST, lost)
        how = _how(code)
        if expected == frames.LOCKED:
            return WorkerStartError(f"a worker died before it was locked ({how})")
        return WorkerFault(*_ENDS.get(how, ("WorkerCrashed", f"its worker ended ({how})")))

    def close(self) -> None:
        """End the worker."""
        if self.closed:
            return
        self._zygote.end(self._child)
        self.forget()

    def forget(self) -> None:
        """Let go of descriptors; the worker stays (in a forked child it is the parent's)."""
        if self.closed:
            return
        self.closed = True
        for fd in (self._request, self._reply, self._child.pidfd):
            if fd is not None:
                os.close(fd)
        del self.rows
        self.bell.close()
        with contextlib.suppress(BufferError):
            self.memory.close()

    def __del__(self) -> None:
        if not getattr(self, "closed", True):
            self.close()


def _how(code: int) -> str:
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}
        return names.get(-code, f"signal {-code}")
    return f"exit code {code}"
