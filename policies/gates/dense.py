"""No routing: every expert counts, by a softmax."""

from __future__ import annotations

import torch
from torch import Tensor

from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import importance, router_z
from rewardlab.policies.router import RouterOutput, softmax


class DenseGate(Gate):
    """The classical mixture: `w = softmax(z)` over all experts.

    Source: Jacobs et al., *Adaptive Mixtures of Local Experts*, Neural Computation 3(1), 1991.

    Args:
        n_experts: `E`.
        dim: Width of a token.
    """

    name = "dense"

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the weights of logits `z (T, E)`."""
        del state, training
        probs = softmax(z)
        order = z.detach().sort(dim=-1, descending=True, stable=True).indices
        return RouterOutput(probs, torch.ones_like(probs, dtype=torch.bool), order, probs)

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return the importance loss and the router z-loss."""
        del routed
        return {"importance": importance(softmax(z)), "router_z": router_z(z)}
