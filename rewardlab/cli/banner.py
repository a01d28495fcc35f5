"""The loud warning that a sandbox with a missing layer deserves, shown once."""

from __future__ import annotations

import logging
import sys

from rewardlab.store.text import printable


def shout() -> None:
    """Show warnings of the sandbox as a banner on stderr from now on."""
    logger = logging.getLogger("rewardlab.sandbox")
    if not any(isinstance(handler, _Banner) for handler in logger.handlers):
        logger.addHandler(_Banner(logging.WARNING))
        logger.propagate = False


class _Banner(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        from rich.console import Console
        from rich.panel import Panel
        from rich.text import Text

        panel = Panel(
            Text(printable(record.getMessage())),
            title="WARNING: reward programs are not fully jailed",
            border_style="bold red",
        )
        Console(file=sys.stderr).print(panel)
