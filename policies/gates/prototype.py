"""M6-T's expert prototyping: k groups of experts, the best of each."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import importance, load_balance, router_z
from rewardlab.policies.router import RouterOutput, ceiling, chosen

Combine = Literal["sum", "mean"]
Drop = Literal["probs", "position"]


class PrototypeGate(Gate):
    """k top-1 routing: `E = Z F` experts in Z prototypes, in each of which one is chosen.

    ```
    p = softmax over the F experts of a prototype, never over all;  i_z = argmax p_z
    w = p_{z,i_z}  ("sum", as published; in [1/F, 1], adding up to at most Z)  or  p_{z,i_z} / Z
    ```

    No choice waits for another, as the second of a top-2 waits for the first. With a capacity an
    expert keeps `C = ceil(γ T / F)` tokens, by the highest weight or (as published) by position in
    the batch, and the others get nothing from that prototype: such a gate looks at batch mates and
    is for critics alone.

    Source: Yang et al., *M6-T: Exploring Sparse Expert Models and Beyond*, arXiv 2105.15082,
    section 3.2. The paper uses no auxiliary loss.

    Args:
        n_experts: `E`, a multiple of `n_prototypes`.
        dim: Width of a token.
        n_prototypes: `Z`, which is also the number of experts per token.
        combine: Whether prototypes add up or are averaged.
        capacity_factor: `γ`; `None` drops nothing.
        drop_policy: Which tokens stay where there are more than C.
    """

    name = "prototype"
    remedy = "leave out capacity_factor"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        n_prototypes: int = 2,
        combine: Combine = "sum",
        capacity_factor: float | None = None,
        drop_policy: Drop = "probs",
    ) -> None:
        super().__init__(n_experts, dim=dim)
        if n_prototypes < 1 or n_experts % n_prototypes:
            fit = [z for z in range(1, n_experts + 1) if n_experts % z == 0]
            raise UsageError(
                f"n_experts = {n_experts} cannot be divided into n_prototypes = {n_prototypes} of "
                f"equal size; n_prototypes may be {', '.join(map(str, fit))}"
            )
        for what, given, known in (
            ("combine", combine, get_args(Combine)),
            ("drop_policy", drop_policy, get_args(Drop)),
        ):
            if given not in known:
                raise UnknownName(f"{what} of gate 'prototype'", str(given), known)
        if capacity_factor is not None and not 0 < capacity_factor < math.inf:
            raise UsageError(f"capacity_factor must be positive, got {capacity_factor}")
        self.n_prototypes, self.combine = n_prototypes, combine
        self.capacity_factor, self.drop_policy = capacity_factor, drop_policy

    @property
    def batch_independent(self) -> bool:
        """Only without a capacity."""
        return self.capacity_factor is None

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (T, E)`, prototype after prototype."""
        del state, training
        n_tokens, size = len(z), self.n_experts // self.n_prototypes
        blocks = z.view(n_tokens, self.n_prototypes, size)
        probs = blocks.softmax(dim=-1).flatten(1)
        first = torch.arange(0, self.n_experts, size, device=z.device)
        indices = blocks.detach().argmax(dim=-1) + first
        mask = chosen(indices, self.n_experts)
        scale = 1 / self.n_prototypes if self.combine == "mean" else 1.0
        if self.capacity_factor is None:
            order = probs.detach().gather(1, indices).sort(dim=1, descending=True, stable=True)
            indices = indices.gather(1, order.indices)
            return RouterOutput(probs * mask * scale, mask, indices, probs)
        kept = self._kept(probs.detach(), mask)
        dropped = 1 - kept.sum() / mask.sum()
        return RouterOutput(probs * kept * scale, kept, None, probs, notes={"dropped": dropped})

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return load balance, z-loss and importance loss, each a mean over prototypes."""
        blocks = z.view(len(z), self.n_prototypes, -1)
        probs, masks = blocks.softmax(dim=-1), routed.mask.view(blocks.shape)
        each = range(self.n_prototypes)
        balance = torch.stack([load_balance(probs[:, i], masks[:, i]) for i in each]).mean()
        even = torch.stack([importance(probs[:, i]) for i in each]).mean()
        return {
            "load_balance": balance,
            "router_z": router_z(blocks.flatten(0, 1)),
            "importance": even,
        }

    def _kept(self, probs: Tensor, mask: Tensor) -> Tensor:
        """Return the mask of what fits into the experts' capacity."""
        assert self.capacity_factor is not None
        capacity = ceiling(self.capacity_factor * self.n_prototypes * len(mask) / self.n_experts)
        if self.drop_policy == "position":
            return mask & (mask.cumsum(dim=0) <= capacity)
        order = (probs * mask).argsort(dim=0, descending=True, stable=True)
        place = torch.arange(len(mask), device=mask.device)[:, None].expand_as(mask)
        rank = torch.empty_like(order).scatter_(0, order, place)
        return mask & (rank < capacity)
