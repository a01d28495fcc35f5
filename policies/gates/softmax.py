"""The baseline: a softmax over the experts, of which the best k count."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.policies.gates.token_choice import TokenChoiceGate, warn_of_constant_weights
from rewardlab.policies.router import softmax


class SoftmaxGate(TokenChoiceGate):
    """Top-k softmax routing of Switch and GShard.

    ```
    p = softmax(z);  K = top-k of p + b
    w_e = p_e / Σ_{j∈K} p_j  if renormalize else p_e,  for e in K, else 0
    ```

    With `k = 1` the renormalised weight is the constant 1, and the router would never learn: there
    the raw probability is the default, as in Switch (Fedus et al., arXiv 2101.03961, eq. 2).

    Args:
        n_experts: `E`.
        dim: Width of a token.
        top_k: Experts per token.
        renormalize: Whether the weights of the chosen sum to one; by default if `top_k > 1`.
        balance_rate: See `TokenChoiceGate`.
    """

    name = "softmax"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        top_k: int = 2,
        renormalize: bool | None = None,
        balance_rate: float = 0.0,
    ) -> None:
        super().__init__(n_experts, dim=dim, top_k=top_k, balance_rate=balance_rate)
        self.renormalize = top_k > 1 if renormalize is None else renormalize
        if self.renormalize and top_k == 1 and n_experts > 1:
            warn_of_constant_weights(self.name)

    def probabilities(self, z: Tensor) -> Tensor:
        """Return `softmax(z)`."""
        return softmax(z)

    def weigh(self, z: Tensor, probs: Tensor, mask: Tensor) -> Tensor:
        """Return the softmax over the chosen, or their part of the softmax over all."""
        if not self.renormalize:
            return probs * mask
        return softmax(torch.where(mask, z, -torch.inf))
