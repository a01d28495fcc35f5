"""How a command fails: one line on stderr and an exit code, never a traceback for a mistake."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rewardlab.errors import Caution, ProgramRefused, RewardlabError
from rewardlab.store.text import printable


def guarded(work: Callable[[], int]) -> int:
    """Return what `work` returns, or say in one line why it failed and return that exit code.

    With `REWARDLAB_DEBUG` set, exceptions pass through with their traceback.
    """
    _prepare_streams()
    if os.environ.get("REWARDLAB_DEBUG"):
        return work()
    try:
        with _plain_cautions():
            code = work()
        sys.stdout.flush()
        return code
    except RewardlabError as error:
        if isinstance(error, ProgramRefused):
            _print_findings(error)
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt as stop:
        return _fail(str(stop) or "interrupted", 1)
    except BrokenPipeError:
        _settle_stdout()  # whoever read our output has left
        return 1
    except OSError as error:
        from rewardlab.store.files import storage_error

        _settle_stdout()
        if error.filename or error.errno == errno.ENOSPC:
            place = Path(str(error.filename or "the output"))
            return _fail(str(storage_error(place, error)), 2)
        return _fail(error.strerror or str(error), 2)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return _fail(
            f"internal error, {what} (REWARDLAB_DEBUG=1 shows the traceback; please report it)", 1
        )


@contextlib.contextmanager
def _plain_cautions() -> Iterator[None]:
    """Show our own warnings in one line, without the place in our code that gave them."""
    before = warnings.formatwarning

    def told(message: Any, category: type[Warning], *where: Any, **more: Any) -> str:
        if not issubclass(category, Caution):
            return before(message, category, *where, **more)
        return f"rewardlab: warning: {printable(' '.join(str(message).split()))}\n"

    warnings.formatwarning = told
    try:
        yield
    finally:
        warnings.formatwarning = before


def _prepare_streams() -> None:
    """Give closed streams somewhere to lead, and characters that a stream lacks a spelling."""
    # A file that was opened next would get the number of a closed stream, and what is printed.
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it is to stay open
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _settle_stdout() -> None:
    """Throw away what cannot be written, or the interpreter tries and fails again as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    line = printable(" ".join(message.split()))
    print(f"rewardlab: error: {line}", file=sys.stderr, flush=True)
    return code


def _print_findings(error: ProgramRefused) -> None:
    if error.verdict is not None:
        from rewardlab.program.listing import listing

        print(printable(listing(error.verdict.findings)), file=sys.stderr)
