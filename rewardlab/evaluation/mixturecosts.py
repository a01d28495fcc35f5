"""Parameters and operations of a mixture of experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rewardlab.policies.layer import MoELayer


class Cost(NamedTuple):
    """What a mixture costs.

    Attributes:
        parameters: All of them, with router and shared experts.
        active: Those that a state needs on average.
        flops: Multiplications and additions per token, on average; activations are left out.
    """

    parameters: int
    active: int
    flops: int


def cost(layer: MoELayer, experts_per_state: float) -> Cost:
    """Return what a mixture costs where a state uses so many experts on average.

    Multiply-adds count twice. Trained policies as experts are all run on every state.

    Args:
        layer: The mixture.
        experts_per_state: Mean number.
    """
    total = sum(p.numel() for p in layer.parameters())
    macs = float(sum(p.numel() for p in layer.gate.parameters() if p.dim() > 1))
    policies = getattr(layer, "policies", None)
    if policies is not None:
        macs += sum(p.numel() for p in policies.parameters() if p.dim() > 1)
        return Cost(total, total, round(2 * macs))
    own = sum(p.numel() for p in layer.experts.parameters()) / layer.n_experts
    tokens = 1 if layer.tokens is None else len(layer.tokens)
    if layer.tokens is not None:  # every slot is computed, and mixed out of and into tokens
        slots, experts = layer.gate.n_logits, layer.experts
        macs += slots * (experts.size / tokens + experts.dim + experts.out_dim)
    else:
        macs += experts_per_state * layer.experts.size
    if layer.shared is not None:
        macs += layer.shared.n * layer.shared.size / tokens
    return Cost(total, round(total - (layer.n_experts - experts_per_state) * own), round(2 * macs))
