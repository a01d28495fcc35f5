"""One linear map per segment of rows: what experts apply to tokens sorted by expert."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


class _SegmentLinear(torch.autograd.Function):
    """Autograd would stack the experts' gradients: at 8 experts that costs as much as the products.

    Here each expert's gradient is written into its place in one tensor.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, sizes: list[int]) -> Tensor:
        ctx.sizes = sizes
        ctx.save_for_backward(x, weight)
        return _forward(x, weight, sizes)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        need_x, need_weight, _ = ctx.needs_input_grad
        grad_x = torch.empty_like(x) if need_x else None
        grad_weight = torch.empty_like(weight) if need_weight else None
        parts = grad.split_with_sizes(ctx.sizes)
        if grad_weight is not None:
            rows = x.split_with_sizes(ctx.sizes)
            for part, row, out in zip(parts, rows, grad_weight.unbind(), strict=True):
                torch.mm(row.t(), part, out=out)
        if grad_x is not None:
            outs = grad_x.split_with_sizes(ctx.sizes)
            for part, w, out in zip(parts, weight.transpose(1, 2).unbind(), outs, strict=True):
                torch.mm(part, w, out=out)
        return grad_x, grad_weight, None


def _forward(x: Tensor, weight: Tensor, sizes: list[int]) -> Tensor:
    y = x.new_empty(len(x), weight.shape[2])
    rows, outs = x.split_with_sizes(sizes), y.split_with_sizes(sizes)
    for row, w, out in zip(rows, weight.unbind(), outs, strict=True):
        torch.mm(row, w, out=out)
    return y


def segment_linear(x: Tensor, weight: Tensor, sizes: list[int]) -> Tensor:
    """Return `y_i = x_i W_e` for rows `i` of segment `e`.

    Segments without rows get a gradient of exactly zero.

    Args:
        x: `(N, in)`, rows of segment 0 first.
        weight: `(E, in, out)`, any strides.
        sizes: Rows of each segment; they sum to `N`.

    Returns:
        `(N, out)`.
    """
    if not torch.is_grad_enabled():
        return _forward(x, weight, sizes)
    return _SegmentLinear.apply(x, weight, sizes)  # type: ignore[no-any-return, no-untyped-call]


def grouped_linear(x: Tensor, weight: Tensor, ends: Tensor) -> Tensor:
    """Do as `segment_linear` with one call of `F.grouped_mm`, in single precision or less.

    Args:
        x: `(N, in)`, rows of segment 0 first.
        weight: `(E, in, out)`.
        ends: `(E,)` int32, the row after each segment's last.

    Returns:
        `(N, out)`.
    """
    unit = 16 // x.element_size()
    n_in, n_out = weight.shape[1:]
    pad_in, pad_out = -n_in % unit, -n_out % unit
    if not (pad_in or pad_out):
        return F.grouped_mm(x, weight, offs=ends)
    x, weight = F.pad(x, (0, pad_in)), F.pad(weight, (0, pad_out, 0, pad_in))
    return F.grouped_mm(x, weight, offs=ends)[:, :n_out]
