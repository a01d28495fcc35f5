"""What a verb answers: a document for machines and a view for people."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardlab.store.text import printable


@dataclass(frozen=True)
class Table:
    """Rows of text under column names."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def lines(self) -> Iterator[str]:
        """Yield it as plain aligned lines, nothing cut off."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        for row in (self.columns, *self.rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  ".join(cells).rstrip()


class Answer(NamedTuple):
    """The outcome of a verb.

    Attributes:
        document: What `--json` prints.
        view: What people see.
        code: Exit code: 0 done, 1 failed or refused.
    """

    document: dict[str, Any]
    view: str | Table
    code: int = 0


def show(answer: Answer, *, json: bool) -> None:
    """Print an answer on stdout: one JSON document, a table on a terminal, else plain lines."""
    if json:
        print(json_module.dumps(answer.document, indent=2))
    elif isinstance(answer.view, str):
        print(printable(answer.view) if sys.stdout.isatty() else answer.view)
    elif sys.stdout.isatty():
        _print_rich(answer.view)
    else:
        print("\n".join(answer.view.lines()))


def note(text: str) -> None:
    """Tell the person what happens, on stderr."""
    print(printable(text), file=sys.stderr, flush=True)


def _print_rich(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    rich = RichTable(box=None, pad_edge=False, header_style="bold")
    for i, name in enumerate(table.columns):
        rich.add_column(name, overflow="fold", no_wrap=i == 0)  # the first one is to be copied
    for row in table.rows:
        rich.add_row(*(Text(printable(cell)) for cell in row))
    Console().print(rich)
