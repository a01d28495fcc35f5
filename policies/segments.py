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
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, sizes: list[int]
    ) -> Tensor:
        ctx.sizes = sizes
        ctx.save_for_backward(x, weight)
        return _forward(x, weight, bias, sizes)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        need_x, _, need_bias, _ = ctx.needs_input_grad
        grad_weight = torch.empty_like(weight)
        grad_x = torch.empty_like(x) if need_x else None
        grad_bias = grad.new_empty(len(weight), grad.shape[1]) if need_bias else None
        parts = _split(grad, ctx.sizes)
        for part, rows, out in zip(parts, _split(x, ctx.sizes), grad_weight.unbind(), strict=True):
            torch.mm(rows.t(), part, out=out)
        if grad_x is not None:
            back = weight.transpose(1, 2).unbind()
            for part, w, out in zip(parts, back, _split(grad_x, ctx.sizes), strict=True):
                torch.mm(part, w, out=out)
        if grad_bias is not None:
            for part, out in zip(parts, grad_bias.unbind(), strict=True):
                torch.sum(part, 0, out=out)
        return grad_x, grad_weight, grad_bias, None


def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, sizes: list[int]) -> Tensor:
    y = x.new_empty(len(x), weight.shape[2])
    rows, maps, outs = _split(x, sizes), weight.unbind(), _split(y, sizes)
    if bias is None:
        for part, w, out in zip(rows, maps, outs, strict=True):
            torch.mm(part, w, out=out)
    else:
        for part, w, out, shift in zip(rows, maps, outs, bias.unbind(), strict=True):
            torch.addmm(shift, part, w, out=out)
    return y


def _split(x: Tensor, sizes: list[int]) -> tuple[Tensor, ...]:
    return x.split_with_sizes(sizes)


def segment_linear(x: Tensor, weight: Tensor, bias: Tensor | None, sizes: list[int]) -> Tensor:
    """Return `y_i = x_i W_e + b_e` for rows `i` of segment `e`.

    Segments without rows get a gradient of exactly zero.

    Args:
        x: `(N, in)`, rows of segment 0 first.
        weight: `(E, in, out)`, any strides.
        bias: `(E, out)` or none.
        sizes: Rows of each segment; they sum to `N`.

    Returns:
        `(N, out)`.
    """
    if not torch.is_grad_enabled():
        return _forward(x, weight, bias, sizes)
    return _SegmentLinear.apply(x, weight, bias, sizes)  # type: ignore[no-any-return, no-untyped-call]


def grouped_linear(x: Tensor, weight: Tensor, bias: Tensor | None, ends: Tensor) -> Tensor:
    """Do as `segment_linear` with one call of `F.grouped_mm`, in single precision or less.

    Args:
        x: `(N, in)`, rows of segment 0 first.
        weight: `(E, in, out)`.
        bias: `(E, out)` or none.
        ends: `(E,)` int32, the row after each segment's last.

    Returns:
        `(N, out)`.
    """
    unit = 16 // x.element_size()
    n_in, n_out = weight.shape[1:]
    pad_in, pad_out = -n_in % unit, -n_out % unit
    if pad_in or pad_out:
        x, weight = F.pad(x, (0, pad_in)), F.pad(weight, (0, pad_out, 0, pad_in))
    y = F.grouped_mm(x, weight, offs=ends)[:, :n_out]
    if bias is None:
        return y
    segment = torch.searchsorted(ends, torch.arange(len(x), device=x.device), right=True)
    return y + bias.index_select(0, segment)
