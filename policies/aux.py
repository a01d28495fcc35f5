"""How an auxiliary loss reaches the gradient without a change to any `train()`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _AddAux(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, aux: Tensor) -> Tensor:
        ctx.like = aux.dtype, aux.device
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        dtype, device = ctx.like
        return grads[0], torch.ones((), dtype=dtype, device=device)


def add_aux(y: Tensor, aux: Tensor) -> Tensor:
    """Return `y` unchanged, and add `aux` to whatever loss is made of it.

    backward: `(dL/dy, 1)`: the gradient is exactly that of `L + aux`, added once per forward pass
    however often `y` is used, also where `y` gets a zero gradient. Two forward passes in one
    backward pass add it twice. It is not scaled by `vf_coef`, but lies inside PPO's norm clipping.

    Args:
        y: Output of a layer that feeds a loss.
        aux: Scalar, already scaled by its coefficient.
    """
    return _AddAux.apply(y, aux)  # type: ignore[no-any-return, no-untyped-call]
