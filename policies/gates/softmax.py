"""The baseline: a softmax over the experts, of which the best k count."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import importance, load_balance, router_z
from rewardlab.policies.router import RouterOutput, chosen, softmax, top_k


class SoftmaxGate(Gate):
    """Top-k softmax routing of Switch and GShard.

    ```
    p = softmax(z);  K = top-k of z
    w_e = p_e / Σ_{j∈K} p_j  if renormalize else p_e,  for e in K, else 0
    ```

    With `k = 1` the renormalised weight is the constant 1, and the router would never learn: there
    the raw probability is the default, as in Switch (Fedus et al., arXiv 2101.03961, eq. 2).

    Args:
        n_experts: `E`.
        dim: Width of a token.
        top_k: Experts per token.
        renormalize: Whether the weights of the chosen sum to one; by default if `top_k > 1`.
    """

    name = "softmax"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        top_k: int = 2,
        renormalize: bool | None = None,
    ) -> None:
        super().__init__(n_experts, dim=dim)
        self.top_k = top_k
        self.renormalize = top_k > 1 if renormalize is None else renormalize

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (T, E)`."""
        del state, training
        probs = softmax(z)
        indices = top_k(z, self.top_k)
        mask = chosen(indices, self.n_experts)
        kept = softmax(z.masked_fill(~mask, -torch.inf)) if self.renormalize else probs * mask
        return RouterOutput(kept, mask, indices, probs)

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return Switch's load balance, the router z-loss and the importance loss."""
        probs = softmax(z)
        return {
            "load_balance": load_balance(probs, routed.mask),
            "router_z": router_z(z),
            "importance": importance(probs),
        }
