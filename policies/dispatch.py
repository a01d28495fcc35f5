"""Ways to compute `y_t = Σ_e w_te f_e(x_t)`: one function, different costs.

All of them take tokens `x (T, d)`, what the gate chose for them, and `E` experts, and return
`(T, o)`; they agree in outputs and in all gradients, and an expert without tokens gets a gradient
of exactly zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from rewardlab.errors import UsageError
from rewardlab.policies.experts import Experts
from rewardlab.policies.gates.soft import SoftOutput
from rewardlab.policies.router import RouterOutput
from rewardlab.policies.segments import grouped_linear, segment_linear

WIDE_WORK = 10_000_000
"""Multiply-adds for experts that do not count, up to which `auto` runs all of them."""
WIDE_WORK_ALONE = 100_000
"""The same for a single token without gradients, whose experts run one by one in place."""


def mixture(x: Tensor, weights: Tensor, experts: Experts) -> Tensor:
    """Return the mixture of all experts in two matrix products.

    `y = (φ(x Aᵀ + a) · w) B + w b`: the weights may stand between the layers, as the second layer
    is linear.

    Args:
        x: Tokens `(T, d)`.
        weights: `(T, E)`, or `(E,)` for the same weights everywhere.
        experts: `E` experts.

    Returns:
        `(T, o)`.
    """
    weights, second, shift = weights.to(x.dtype), experts.B, experts.b
    if weights.dim() == 1:
        weights = weights.expand(x.shape[0], -1)
    first, bias = experts.A, experts.a
    if first is None or bias is None:
        inner = x.unsqueeze(1)
    else:
        flat = F.linear(x, first.view(-1, first.shape[2]), bias.view(-1))
        inner = experts.act(flat).view(x.shape[0], *bias.shape)
    mixed = (inner * weights.unsqueeze(-1)).flatten(1)
    return torch.addmm(weights @ shift, mixed, second.view(-1, second.shape[2]))


def wide(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Run every expert on every token; right where most are used, or where there is little work."""
    return mixture(x, routed.weights, experts)


def sorted_by_expert(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Sort tokens by expert and run one expert after the other."""
    if x.shape[0] == 1 and not torch.is_grad_enabled():
        return _one_token(x, routed, experts)
    return _by_expert(x, routed, experts, segment_linear, routed.load.tolist())


def grouped(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Sort tokens by expert and run all experts in one call of `F.grouped_mm`.

    Widths that are not multiples of 16 bytes are padded with zeros; double precision has no such
    product.
    """
    ends = routed.load.cumsum(0, dtype=torch.int32)
    return _by_expert(x, routed, experts, grouped_linear, ends)


def gather(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Copy the weights of each token's experts and run them as a batch, for one or two tokens.

    Nothing depends on values, so a CUDA graph can hold it.
    """
    if routed.indices is None:
        raise UsageError(
            "dispatch 'gather' needs a gate that chooses the same number of experts for every "
            "token, and this one does not; use dispatch='sorted' or 'wide'"
        )
    flat, k = routed.indices.flatten(), routed.indices.shape[1]
    weights = routed.weights.to(x.dtype)
    inner = x.repeat_interleave(k, dim=0)[:, None, :]
    if experts.A is not None and experts.a is not None:
        first = experts.A.index_select(0, flat).transpose(1, 2)
        inner = experts.act(torch.baddbmm(experts.a.index_select(0, flat)[:, None], inner, first))
    mixed = inner * weights.gather(1, routed.indices).view(-1, 1, 1)
    out = torch.bmm(mixed, experts.B.index_select(0, flat))
    return weights @ experts.b + out.view(len(x), k, -1).sum(dim=1)


def auto(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Choose by the work that `wide` would waste; on a GPU launches cost more than work."""
    if x.is_cuda:
        return wide(x, routed, experts)
    n_tokens = x.shape[0]
    used = routed.load.sum().item() if routed.indices is None else routed.indices.numel()
    wasted = (n_tokens * experts.n - used) * experts.size
    if n_tokens == 1 and wasted > WIDE_WORK_ALONE and not torch.is_grad_enabled():
        return _one_token(x, routed, experts)
    if wasted <= WIDE_WORK:
        return wide(x, routed, experts)
    return (grouped if experts.aligned else sorted_by_expert)(x, routed, experts)


def slots(tokens: Tensor, routed: SoftOutput, experts: Experts) -> Tensor:
    """Run each expert on its slots, and give every token its mixture: Soft MoE.

    Args:
        tokens: `(B, m, d)`.
        routed: Dispatch and combine, `(B, m, S)`.
        experts: `E` experts; slots of one are beside each other.

    Returns:
        `(B, m, o)`.
    """
    n = experts.n
    dispatch = routed.dispatch.to(tokens.dtype)
    inner = torch.einsum("bmd,bms->sbd", tokens, dispatch).reshape(n, -1, tokens.shape[-1])
    if experts.A is not None and experts.a is not None:
        inner = experts.act(torch.baddbmm(experts.a[:, None], inner, experts.A.transpose(1, 2)))
    out = torch.baddbmm(experts.b[:, None], inner, experts.B)
    out = out.reshape(-1, len(tokens), out.shape[-1])
    return torch.einsum("sbo,bms->bmo", out, routed.combine.to(tokens.dtype))


Dispatch = Callable[[Tensor, RouterOutput, Experts], Tensor]

Sizes = TypeVar("Sizes", list[int], Tensor)

DISPATCHES: dict[str, Dispatch] = {
    "auto": auto,
    "wide": wide,
    "sorted": sorted_by_expert,
    "grouped": grouped,
    "gather": gather,
}


def _by_expert(
    x: Tensor,
    routed: RouterOutput,
    experts: Experts,
    linear: Callable[[Tensor, Tensor, Sizes], Tensor],
    sizes: Sizes,
) -> Tensor:
    """Apply the experts to rows `(expert, token)` in order, and add up each token's rows."""
    expert, token = routed.mask.t().nonzero(as_tuple=True)
    place = token * experts.n + expert
    weight = routed.weights.to(x.dtype).reshape(-1).index_select(0, place)
    inner = x.index_select(0, token)
    if experts.A is not None and experts.a is not None:
        first = linear(inner, experts.A.transpose(1, 2), sizes)
        inner = experts.act(first + experts.a.index_select(0, expert))
    out = linear(inner * weight[:, None], experts.B, sizes)
    return (routed.weights.to(x.dtype) @ experts.b).index_add(0, token, out)


def _one_token(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Apply the experts of a single token in place: what acting in one environment costs."""
    weights = routed.weights.to(x.dtype)
    act, first, shift, second = experts.act, experts.A, experts.a, experts.B
    y = weights @ experts.b
    for e, w in enumerate(weights[0].tolist()):
        if w:
            inner = x if first is None or shift is None else act(F.linear(x, first[e], shift[e]))
            y.addmm_(inner, second[e], alpha=w)
    return y
