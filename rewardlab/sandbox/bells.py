"""How a parent and its worker call each other: words in shared memory, and bytes to be woken.

A request stands when its number is in `CALL`, the reply when the same number is in `ANSWER`. Who
waits looks out for the other's word for a while, because to be woken by the system takes longer
than most programs do, and disturbs the caller. Who goes to sleep says so in `ASLEEP` before, and
is then woken with a byte on its pipe.

What a worker writes here decides nothing but when its parent looks at the reply.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from typing import Any

from rewardlab.sandbox.frames import REPLY, REQUEST, RING, Layout, Violation

CALL, ANSWER, ASLEEP = 0, 0, 1
"""Words behind the header of the request (`CALL`, the parent's `ASLEEP`), behind that of the reply
(`ANSWER`, the worker's `ASLEEP`)."""

ORDERED = platform.machine() in ("x86_64", "AMD64")
"""Whether this processor shows stores to others in the order in which they were made."""

AWAKE_US = 5000 if ORDERED else 0
"""How long a worker looks out for the next call: as long as a few environments step [us]."""

LOOK_OUT_S = 0.0003
"""How long a parent looks out for an answer [s]."""

_ALONE_S = 0.00005
"""How long a parent looks out before it lets others run in between [s]."""

_DISTURBED_S = 0.0002
"""A worker that was away for longer shares its processor with somebody [s]."""

_VAIN, _CROWDED = 64, 1000
"""For how many calls a worker does not look out, at most: after doing so in vain; when others use
its processor again and again, as in several trainings at once."""


class _Words:
    """The words of both sides."""

    def __init__(self, memory: Any, place: Layout) -> None:
        view = memoryview(memory)
        ours, theirs = REQUEST.size, place.reply_at + REPLY.size
        self._request = view[ours : ours + 8].cast("I")
        self._reply = view[theirs : theirs + 8].cast("I")


class ParentBell(_Words):
    """The parent's side; asleep until told otherwise.

    Args:
        memory: The shared memory.
        place: Its layout.
        pipe: Wakes the worker; must not block.
    """

    def __init__(self, memory: Any, place: Layout, pipe: int) -> None:
        super().__init__(memory, place)
        self._pipe, self._rung = pipe, False
        self._request[ASLEEP] = 1

    def call(self, seq: int) -> None:
        """Say that a request stands."""
        _fence()
        self._rung = False
        self._request[CALL] = seq
        self._wake()

    def answered(self, seq: int) -> bool:
        """Whether the reply stands; if not, wake a worker that fell asleep beside the call."""
        if self._reply[ANSWER] == seq:
            _fence()
            return True
        self._wake()
        return False

    def look_out(self, seq: int) -> bool:
        """Wait for the reply for a moment; return whether it stands."""
        start = time.perf_counter()
        while not self.answered(seq):
            waited = time.perf_counter() - start
            if waited > LOOK_OUT_S:
                return False
            if self._rung or waited > _ALONE_S:
                os.sched_yield()
        return True

    def sleep(self, asleep: bool) -> None:
        """Ask for a byte with the next answer, or no longer."""
        self._request[ASLEEP] = asleep
        _settle()

    def close(self) -> None:
        """Let go of the memory."""
        self._request.release()
        self._reply.release()

    def _wake(self) -> None:
        if self._rung or not self._reply[ASLEEP]:
            return
        self._rung = True
        try:
            os.write(self._pipe, RING)
        except BlockingIOError as error:
            raise Violation("answered without reading its requests") from error
        except BrokenPipeError:
            pass  # its end tells more


class WorkerBell(_Words):
    """The worker's side.

    Args:
        memory: The shared memory.
        place: Its layout.
        request: Pipe on which it is woken.
        reply: Pipe on which it wakes its parent.
    """

    def __init__(self, memory: Any, place: Layout, request: int, reply: int) -> None:
        super().__init__(memory, place)
        self._in, self._out = request, reply
        self._seq = self._skip = self._skipped = self._shy = 0

    def answer(self, seq: int) -> None:
        """Say that the reply stands."""
        _fence()
        self._reply[ANSWER] = self._seq = seq
        _settle()
        if self._request[ASLEEP]:
            os.write(self._out, RING)

    def wait(self, awake_s: float) -> bool:
        """Wait for the next call; return whether one came.

        Args:
            awake_s: How long to look out for it, where that pays [s].
        """
        if not self._look_out(awake_s):
            self._reply[ASLEEP] = 1
            _settle()
            while self._request[CALL] == self._seq:
                if not os.read(self._in, 64):
                    return False
            self._reply[ASLEEP] = 0
        _fence()
        return True

    def _look_out(self, awake_s: float) -> bool:
        """Wait for the call for a while, unless that was of no use lately."""
        if self._skipped < self._skip or not awake_s:
            self._skipped += 1
            return False
        self._skipped = 0
        start = now = time.perf_counter()
        while self._request[CALL] == self._seq:
            os.sched_yield()
            before, now = now, time.perf_counter()
            if now - before > _DISTURBED_S:
                # A quiet machine disturbs once in a while, two trainings almost each time.
                self._skip = self._shy = min(4 * self._shy + 8, _CROWDED)
                return False
            if now - start > awake_s:
                self._skip = min(4 * self._skip + 1, _VAIN)
                return False
        self._skip, self._shy = 0, self._shy * 3 // 4
        return True


def _fence() -> None:
    """Let what we stored before be seen before what we store after."""
    if not ORDERED:
        os.sched_yield()


def _settle() -> None:
    """Let what we stored be seen before we look at what the other side stored.

    Without it both could go to sleep, each not yet seeing that the other is about to.
    """
    if not ORDERED:
        os.sched_yield()
    elif _LOCK.acquire():  # whose atomic instructions are full barriers there
        _LOCK.release()


_LOCK = threading.Lock()
