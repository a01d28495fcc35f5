"""EvoMoE's first phase ends: all experts of a layer grow out of the one that was trained."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from rewardlab.policies.gates.dts import DTSGate
from rewardlab.policies.layer import MoELayer

DROP = 0.1
"""Share of a spawned expert's weights that are masked."""


def is_due(layer: MoELayer, fraction: float) -> bool:
    """Return whether a layer's expert is still alone at a fraction of training where it ends."""
    gate = layer.gate
    if not isinstance(gate, DTSGate):
        return False
    return float(gate.running_phase) == 0 and fraction >= gate.spawn_at


@torch.no_grad()
def spawn(
    layer: MoELayer,
    *,
    optimizer: Optimizer | None = None,
    targets: Sequence[MoELayer] = (),
    drop: float = DROP,
) -> None:
    """Grow all experts of a layer out of expert 0, which stays.

    ```
    W_e ← W_0 ⊙ m_e/(1−ρ),  m_e ~ Bernoulli(1−ρ);  b_e ← b_0
    ```

    The optimizer's moments of expert 0 become those of all, and the router is drawn anew. Target
    networks grow out of their own expert 0 with the same masks: slow averaging alone would leave
    their experts untrained for long.

    Source: Nie et al., *EvoMoE*, arXiv 2112.14397, section 4.1; its code of this phase was never
    released, so the scale `1/(1−ρ)`, the biases and the moments are ours.

    Args:
        layer: The layer.
        optimizer: What updates it.
        targets: Layers of target networks.
        drop: `ρ`.
    """
    masks = {name: _mask(p, drop) for name, p in layer.experts.named_parameters()}
    layer.gate.reset()
    for one in (layer, *targets):
        for name, parameter in one.experts.named_parameters():
            parameter.copy_(parameter[:1] * masks[name])
        for mine, theirs in zip(layer.gate.parameters(), one.gate.parameters(), strict=True):
            theirs.copy_(mine)
        one.gate.get_buffer("running_phase").fill_(1.0)
    if optimizer is not None:
        _inherit(optimizer, layer)


def _mask(parameter: nn.Parameter, drop: float) -> Tensor:
    """Return what expert 0 is multiplied with, for each expert; biases stay."""
    if parameter.dim() < 3:
        return torch.ones_like(parameter)
    mask = torch.empty_like(parameter).bernoulli_(1 - drop) / (1 - drop)
    mask[0] = 1.0
    return mask


def _inherit(optimizer: Optimizer, layer: MoELayer) -> None:
    """Give all experts the moments of expert 0, and forget those of the old router."""
    for parameter in layer.experts.parameters():
        for moment in _moments(optimizer, parameter):
            moment.copy_(moment[:1].expand_as(moment).clone())
    for parameter in layer.gate.parameters():
        for moment in _moments(optimizer, parameter):
            moment.zero_()


def _moments(optimizer: Optimizer, parameter: nn.Parameter) -> list[Tensor]:
    state = optimizer.state.get(parameter, {}).values()
    return [s for s in state if isinstance(s, Tensor) and s.shape == parameter.shape]
