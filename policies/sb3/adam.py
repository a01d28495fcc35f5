"""Adam for parameters of which many get no gradient for a long time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


class MoeAdam(torch.optim.Adam):
    """PyTorch's Adam, computed so that an expert without states costs no more than another.

    Its first moments shrink by `β₁` a step, to numbers below 1e-38 within some 800 steps, which
    never round to zero and with which processors are many times slower. Here such numbers count as
    zeros while a step is taken.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step."""
        with without_subnormals():
            return super().step(closure)


@contextmanager
def without_subnormals() -> Iterator[None]:
    """Let floating-point numbers below the smallest normal one count as zeros in this thread."""
    if _smallest * 1.0 == 0.0:  # somebody asked for it everywhere
        yield
        return
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


_smallest = 5e-324
