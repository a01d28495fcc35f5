"""DeepSeekMoE's gate: each expert's logistic score, normalised over the chosen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from rewardlab.policies.gates.token_choice import TokenChoiceGate, warn_of_constant_weights
from rewardlab.policies.router import softmax


class SigmoidGate(TokenChoiceGate):
    """Normalised sigmoid routing.

    ```
    s = σ(z);  K = top-k of s + b;  w_e = s_e / Σ_{j∈K} s_j  for e in K, else 0
    ```

    It is computed as the softmax of `log σ(z)` over the chosen: the same numbers, while the
    quotient is 0/0 once all chosen logits lie below -104 in single precision. Unlike a softmax it
    is not invariant to shifts: where all logits are very low it becomes one, where all are very
    high it becomes uniform. Shared experts belong to the layer (`n_shared`).

    Source: *On DeepSeekMoE: Statistical Benefits of Shared Experts and Normalized Sigmoid Gating*,
    arXiv 2505.10860, eq. 4.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        top_k: Experts per token; with 1 the weight is 1 and the router does not learn.
        balance_rate: See `TokenChoiceGate`.
    """

    name = "sigmoid"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        top_k: int = 2,
        balance_rate: float = 0.0,
    ) -> None:
        super().__init__(n_experts, dim=dim, top_k=top_k, balance_rate=balance_rate)
        if top_k == 1 and n_experts > 1:
            warn_of_constant_weights(self.name)

    def probabilities(self, z: Tensor) -> Tensor:
        """Return the sigmoid normalised over all experts."""
        return softmax(logsigmoid(z))

    def scores(self, z: Tensor, probs: Tensor) -> Tensor:
        """Return `σ(z)`."""
        del probs
        return z.sigmoid()

    def weigh(self, z: Tensor, probs: Tensor, mask: Tensor) -> Tensor:
        """Return the sigmoid normalised over the chosen."""
        del probs
        return softmax(logsigmoid(z).masked_fill(~mask, -torch.inf))
