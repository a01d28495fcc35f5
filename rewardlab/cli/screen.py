"""What rounds tell, shown on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rewardlab.cli.answer import note
from rewardlab.cli.parsing import command


class Screen:
    """Shows what rounds tell.

    Args:
        resumes: This command itself goes on with stopped rounds.
    """

    def __init__(self, *, resumes: bool) -> None:
        self._resumes, self._run = resumes, ""

    def show(self, kind: str, text: str) -> None:
        """Show what happens."""
        if kind == "run":
            self._run = text
        note(f"run {text}" if kind == "run" else text)

    @contextmanager
    def resumable(self) -> Iterator[None]:
        """Name the command that goes on if a person interrupts."""
        try:
            yield
        except KeyboardInterrupt as stop:
            if not self._run:
                raise
            again = command() if self._resumes else f"{command()} --resume {self._run}"
            what = str(stop).partition(";")[0]
            raise KeyboardInterrupt(f"{what}; go on with: {again}") from None
