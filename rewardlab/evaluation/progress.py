"""Showing how far an evaluation is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 10.0
"""Where there is no terminal a line is printed so often [s]."""


@contextmanager
def episodes_shown(n: int, what: str = "evaluating") -> Iterator[Callable[[int], None]]:
    """Give a function that shows on stderr how many of `n` episodes are done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} episodes"),
        TimeRemainingColumn(),
    )
    last = time.monotonic()
    disable = not console.is_terminal
    with Progress(*columns, console=console, disable=disable, transient=True) as bar:
        row = bar.add_task(what, total=n)

        def show(done: int) -> None:
            nonlocal last
            bar.update(row, completed=done)
            if disable and time.monotonic() - last >= EVERY_S:
                last = time.monotonic()
                console.print(f"{what}: {done} of {n} episodes", markup=False, soft_wrap=True)

        yield show
