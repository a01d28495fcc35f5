"""Showing how training goes: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from stable_baselines3.common.callbacks import BaseCallback

from rewardlab.training.logs import RunLogger

EVERY_S = 0.2
"""The bar moves so often [s]."""


class ProgressBar(BaseCallback):
    """Shows steps, success and speed.

    Args:
        n_timesteps: Where training ends.
        logger: Where the numbers come from.
        console: Where to write; stderr by default.
    """

    def __init__(self, n_timesteps: int, logger: RunLogger, console: Console | None = None) -> None:
        super().__init__()
        self._n, self._logger = n_timesteps, logger
        self._console = console or Console(stderr=True, highlight=False)
        self._bar = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps"),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._row = self._bar.add_task("", total=n_timesteps, text="")
        self._next_s = 0.0
        self._next_line = 0.0

    def evaluated(self, row: dict[str, Any]) -> None:
        """Print a line about an evaluation."""
        success = ""
        if row["success"] is not None:
            low, high = row["success_ci"]
            success = f"success {row['success']:.2f} [{low:.2f}, {high:.2f}], "
        self._console.print(
            f"{row['timesteps']:>10,} steps  evaluated on {row['episodes']} episodes: "
            f"{success}return {row['return_mean']:.1f}",
            markup=False,
            soft_wrap=True,
        )

    def _on_training_start(self) -> None:
        self._bar.start()
        self._next_line = self.model.num_timesteps + self._n / 10

    def _on_step(self) -> bool:
        step = self.model.num_timesteps
        if self._console.is_terminal:
            now = time.monotonic()
            if now >= self._next_s or step >= self._n:
                self._next_s = now + EVERY_S
                self._bar.update(self._row, completed=min(step, self._n), text=self._text())
        elif self._next_line <= step <= self._n:  # a last rollout may go beyond
            self._next_line += self._n / 10
            self._console.print(
                f"{step:>10,} of {self._n:,} steps  {self._text()}", markup=False, soft_wrap=True
            )
        return True

    def _on_training_end(self) -> None:
        self._bar.stop()

    def close(self) -> None:
        """Take the bar away, however training ended."""
        self._bar.stop()

    def _text(self) -> str:
        shown = {
            "success": ("rollout/success_rate", "{:.2f}"),
            "return": ("rollout/ep_rew_mean", "{:.1f}"),
            "steps/s": ("time/fps", "{:,.0f}"),
        }
        last = self._logger.last
        return "  ".join(
            f"{name} {form.format(last[key])}" for name, (key, form) in shown.items() if key in last
        )
