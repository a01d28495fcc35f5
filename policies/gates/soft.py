"""Soft MoE: experts see mixtures of a state's tokens, and no token is dropped or chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from rewardlab.errors import UsageError
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import importance, router_z
from rewardlab.policies.router import RouterOutput, ceiling


@dataclass(frozen=True, eq=False)
class SoftOutput(RouterOutput):
    """What Soft MoE decides; `weights` are `combine` summed over each expert's slots, `(B·m, E)`.

    Attributes:
        dispatch: D, `(B, m, S)`: how much of each token a slot takes; sums to 1 over tokens.
        combine: C, `(B, m, S)`: how much of each slot a token gets back; sums to 1 over slots.
    """

    dispatch: Tensor = field(kw_only=True)
    combine: Tensor = field(kw_only=True)


class SoftGate(Gate):
    """Soft MoE over the m tokens of a state, with S = E p slots.

    ```
    L = x Φ, (B, m, S);  D = softmax of L over tokens;  C = softmax of L over slots
    slots = Dᵀ x;  out_n = f_n(its p slots);  y = C out
    ```

    The batch is never the token axis: states do not influence each other. With a single token per
    state D is 1, and what is left is a dense softmax mixture.

    Source: Puigcerver et al., *From Sparse to Soft Mixtures of Experts*, arXiv 2308.00951, eq. 1-3;
    in RL Obando-Ceron et al., arXiv 2402.08609. That one scaled expert keeps most of its gain
    there, since the tokens matter more than the experts, is shown in arXiv 2410.01930.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        n_tokens: `m`; a layer cuts its input into so many chunks of equal width.
        groups: Widths of the tokens where they differ, such as joints, object and goal of an
            observation; `m` is their number.
        capacity_factor: Slots per token: `p = ceil(m c / E)` for each expert.
        l2: Whether tokens and Φ are normalised, the latter with a learned scale.
    """

    name = "soft"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        n_tokens: int = 1,
        groups: Sequence[int] | None = None,
        capacity_factor: float = 1.0,
        l2: bool = False,
    ) -> None:
        if groups is not None:
            n_tokens = len(groups)
        if n_tokens < 1 or min(groups or (1,)) < 1:
            raise UsageError(
                "n_tokens and every width in groups are at least 1, got "
                f"{n_tokens if groups is None else list(groups)}"
            )
        if not 0 < capacity_factor < math.inf:
            raise UsageError(f"capacity_factor must be positive, got {capacity_factor}")
        self.n_slots = ceiling(n_tokens * capacity_factor / n_experts)
        super().__init__(n_experts, dim=dim)
        self.n_tokens = n_tokens
        self.scale = nn.Parameter(torch.ones(())) if l2 else None

    @property
    def n_logits(self) -> int:
        """One for each slot of each expert."""
        return self.n_experts * self.n_slots

    def logits(self, x: Tensor) -> Tensor:
        """Return `(B, m, S)` of tokens `(B, m, d)`.

        Raises:
            UsageError: `x` has not three dimensions, so what its rows are is not clear.
        """
        if x.dim() != 3:
            raise UsageError(
                "gate 'soft' takes tokens (states, tokens, width), got an array of shape "
                f"{tuple(x.shape)}: states are not tokens of each other"
            )
        if self.scale is None:
            return super().logits(x)
        assert self.weight is not None, "a gate without dim has no logits of its own"
        x = normalize(x.to(self.weight.dtype), dim=-1)
        return x @ (self.scale * normalize(self.weight, dim=0))

    def route(self, z: Tensor, *, state: State | None = None, training: bool = False) -> SoftOutput:
        """Return the mixtures of logits `z (B, m, S)`, slots of one expert beside each other."""
        del state, training
        combine = z.softmax(dim=-1)
        weights = self._by_expert(combine)
        return SoftOutput(
            weights, weights > 0, None, weights, dispatch=z.softmax(dim=-2), combine=combine
        )

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return the importance loss of what experts give back, and the router z-loss."""
        del routed
        return {
            "importance": importance(self._by_expert(z.softmax(dim=-1))),
            "router_z": router_z(z.flatten(0, -2)),
        }

    def _by_expert(self, combine: Tensor) -> Tensor:
        return combine.reshape(-1, self.n_experts, self.n_slots).sum(dim=-1)
