"""Ways to compute `y_t = Σ_e w_te f_e(x_t)`: one function, different costs."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.policies.experts import Experts
from rewardlab.policies.router import RouterOutput


def wide(x: Tensor, weights: Tensor, experts: Experts) -> Tensor:
    """Run every expert on every token in two matrix products.

    `y = (φ(x A + a) · w) B + w b`: the weights may stand between the layers, as the second layer
    is linear.

    Args:
        x: Tokens `(T, d)`.
        weights: `(T, E)`, or `(E,)` for the same weights everywhere.
        experts: `E` experts.

    Returns:
        `(T, o)`.
    """
    weights = weights.to(x.dtype).expand(len(x), experts.n)
    if experts.A is None or experts.a is None:
        inner = x[:, None, :]
    else:
        flat = torch.addmm(experts.a.flatten(), x, experts.A.flatten(1))
        inner = experts.act(flat).view(len(x), experts.n, -1)
    mixed = (inner * weights[..., None]).flatten(1)
    return torch.addmm(weights @ experts.b, mixed, experts.B.flatten(0, 1))


def sorted_by_expert(x: Tensor, routed: RouterOutput, experts: Experts) -> Tensor:
    """Run each expert on its own tokens, one after the other."""
    token, sizes, weight = _pairs(routed)
    weights = weight.to(x.dtype)
    parts = torch.split(x.index_select(0, token), sizes)  # type: ignore[no-untyped-call]
    if experts.A is not None and experts.a is not None:
        parts = tuple(
            experts.act(torch.addmm(a, part, w))
            for part, w, a in zip(parts, experts.A.unbind(1), experts.a.unbind(0), strict=True)
        )
    mixed = torch.split(torch.cat(parts) * weights[:, None], sizes)  # type: ignore[no-untyped-call]
    out = torch.cat([part @ w for part, w in zip(mixed, experts.B.unbind(0), strict=True)])
    return (routed.weights.to(x.dtype) @ experts.b).index_add(0, token, out)


def _pairs(routed: RouterOutput) -> tuple[Tensor, list[int], Tensor]:
    """Return the token of each (expert, token) pair, pairs per expert, and the pairs' weights."""
    n_experts = routed.mask.shape[1]
    expert, token = routed.mask.t().nonzero(as_tuple=True)
    sizes = torch.bincount(expert, minlength=n_experts).tolist()
    weight = routed.weights.reshape(-1).index_select(0, token * n_experts + expert)
    return token, sizes, weight
