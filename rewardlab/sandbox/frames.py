"""What crosses between parent and worker: fixed frames in one shared memory.

```
request   magic u32 | seq u32 | n u32 | awake u32            then rows  f64 (n, D)
reply     magic u32 | seq u32 | n u32 | k u32 | names u32 | error u32 | line i32 | flags u32
          then block f64 (n, 3 + k): status, reward, present (64 bits), terms
          then text: new term names, one a line, and one error message, both UTF-8
          (behind each header stand the two words with which `bells` tells that it stands)
job       program, schema and known terms as JSON, written by the parent, read once
```
The parent copies each part of a reply once and believes nothing in it (`decode`).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rewardlab.program.terms import MAX_TERMS, TERM_NAME

Array: TypeAlias = npt.NDArray[np.float64]

MAGIC = 0x52574C42
REQUEST = struct.Struct("<IIII")
REPLY = struct.Struct("<IIIIIIiI")

READY = struct.Struct("<IIIII")
"""A zygote's first word: process id, errno of each layer's trial (seccomp, landlock, rlimits; 0
where it works), version of landlock."""

FORK = struct.Struct("<cIIIII????")
"""To a zygote: `b"F"`, layout (rows, row size, job), memory, cpu, kill, and which layers are on
(seccomp, landlock, rlimits) where the machine has them; with three descriptors."""

ENDED = struct.Struct("<cI")
"""To a zygote: process id of a worker; `b"W"`: how did it end? `b"K"`: kill it first."""

CHILD = struct.Struct("<Ii")
"""From a zygote: process id, and exit code (negative: the signal); 0 and an error number where no
worker could be forked."""

LOCKED, FAILED, RING = b"L", b"S", b"R"
"""Bytes on the pipes: locked; could not be locked, with the reason; and, to wake who fell asleep,
that a request or a reply stands."""

TEXT = 1 << 14

COERCED, PRINTED, DROPPED, GOOD, FULL = 1, 2, 4, 8, 16
"""Flags of a reply: a value had to be coerced, something was printed, a term was one too many; no
row failed, every row has every term (then status and mask are not even looked at)."""

CODES = (
    "",
    "RewardRuntimeError",
    "NotScalarReward",
    "InvalidRewardInfo",
    "NonFiniteReward",
    "UnknownAttribute",
    "StateMutation",
    "RewardMemoryExceeded",
    "OutputLimit",
    "RewardSyntaxError",
    "SourceTooComplex",
    "RewardSignatureError",
    "ForbiddenSyntax",
    "ForbiddenImport",
    "ForbiddenAttribute",
    "UnknownName",
)
"""Codes by status; status 0 is a good row."""

_MAX_ROWS, _MAX_BYTES = 256, 1 << 24


class Layout(NamedTuple):
    """Where things stand in the shared memory.

    Attributes:
        rows: Most rows of one request.
        row_size: Floats of a row.
        job: Bytes of the job.
    """

    rows: int
    row_size: int
    job: int

    @property
    def rows_at(self) -> int:
        """Offset of the request's rows."""
        return 64

    @property
    def reply_at(self) -> int:
        """Offset of the reply's header."""
        return self.rows_at + 8 * self.rows * self.row_size

    @property
    def block_at(self) -> int:
        """Offset of the reply's numbers."""
        return self.reply_at + 64

    @property
    def text_at(self) -> int:
        """Offset of the reply's text."""
        return self.block_at + 8 * self.rows * (3 + MAX_TERMS)

    @property
    def job_at(self) -> int:
        """Offset of the job."""
        return self.text_at + TEXT

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.job_at + self.job


def layout(row_size: int, job: int) -> Layout:
    """Return the layout for rows of that size and a job of so many bytes."""
    return Layout(max(1, min(_MAX_ROWS, _MAX_BYTES // (8 * row_size))), row_size, job)


class Reply(NamedTuple):
    """A reply that passed all checks.

    Attributes:
        status: `(n,)` index into `CODES`; `None` if no row failed.
        reward: `(n,)`.
        terms: `(n, k)`; 0 where absent.
        present: `(n, k)`.
        names: Terms never seen before, in the order of their columns.
        error: Message about the first bad row; one clean line, may be empty.
        line: Line of the program it is about, `None` if unknown.
        flags: Sum of `COERCED` and its like.
    """

    status: npt.NDArray[np.uint64] | None
    reward: Array
    terms: Array
    present: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    error: str
    line: int | None
    flags: int


class Violation(Exception):
    """A reply that no honest worker writes."""


def decode(memory: Any, place: Layout, *, seq: int, n: int, known: tuple[str, ...]) -> Reply:
    """Copy a reply out of shared memory and check it.

    Args:
        memory: The mapping.
        place: Its layout.
        seq: The request that it must answer.
        n: Rows of that request.
        known: Names of the terms so far.

    Raises:
        Violation: Anything about it is not as it must be.
    """
    header = REPLY.unpack_from(memory, place.reply_at)
    magic, got_seq, got_n, k, n_names, n_error, line, flags = header
    if magic != MAGIC or got_seq != seq or got_n != n:
        raise Violation("answered another request")
    if not len(known) <= k <= MAX_TERMS or n_names + n_error > TEXT:
        raise Violation("sent lengths out of range")
    numbers = np.frombuffer(memory, np.float64, n * (3 + k), place.block_at).copy()
    block = numbers.reshape(n, 3 + k)
    names: tuple[str, ...] = ()
    error = ""
    if n_names or n_error:
        text = bytes(memory[place.text_at : place.text_at + n_names + n_error])
        names, error = _names(text[:n_names], known), clean(text[n_names:])
    if len(known) + len(names) != k:
        raise Violation("sent columns without names")
    # The mask's bits, read as a float, need not be finite: then look at the others alone.
    if not np.isfinite(numbers).all():
        _check_finite(block)
    status = None if flags & GOOD else _status(block)
    present = _ALL[:n, :k] if flags & FULL else _present(block, k)
    place_in_code = line if line > 0 else None
    return Reply(status, block[:, 1], block[:, 3:], present, names, error, place_in_code, flags)


def _names(text: bytes, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(text.decode("utf-8", "replace").split("\n")) if text else ()
    if not all(TERM_NAME.fullmatch(name) for name in names):
        raise Violation("sent a malformed term name")
    if len(set(names) | set(known)) != len(names) + len(known):
        raise Violation("sent a term name twice")
    return names


def _check_finite(block: Array) -> None:
    if not (np.isfinite(block[:, 1]).all() and np.isfinite(block[:, 3:]).all()):
        raise Violation("sent a value that is not finite")


def _status(block: Array) -> npt.NDArray[np.uint64]:
    status = block[:, 0].view(np.uint64)
    if int(status.max(initial=0)) >= len(CODES):
        raise Violation("sent an unknown status")
    return status


def _present(block: Array, k: int) -> npt.NDArray[np.bool_]:
    mask = block[:, 2].view(np.uint64)
    if k < MAX_TERMS and int(mask.max(initial=0)) >> k:
        raise Violation("marked terms that do not exist")
    return (mask[:, None] >> _SHIFTS[:k] & _ONE).astype(np.bool_)


def clean(text: bytes | str, limit: int = 500) -> str:
    """Return text of a worker as one harmless line: control and bidi characters escaped."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


_ALL = np.ones((_MAX_ROWS, MAX_TERMS), np.bool_)
_ALL.flags.writeable = False
_SHIFTS = np.arange(MAX_TERMS, dtype=np.uint64)
_ONE = np.uint64(1)
