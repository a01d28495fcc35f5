"""What a router did: pure functions of masks and probabilities on a fixed set of states."""

from __future__ import annotations

import torch
from torch import Tensor


def saturation(now: Tensor, last: Tensor) -> float:
    """Return how much of the final choice was already made, in [0, 1].

    `(1/N) Σ_i |E_i(t) ∩ E_i(T)| / |E_i(T)|`; with a fixed k the divisor is k.

    Source: *On DeepSeekMoE*, arXiv 2505.10860, appendix H.

    Args:
        now: Chosen experts `(N, E)` bool of the same N states at an earlier checkpoint.
        last: The same at the last checkpoint.
    """
    return float(((now & last).sum(-1) / last.sum(-1).clamp_min(1)).float().mean())


def change_rate(before: Tensor, after: Tensor) -> float:
    r"""Return the share of choices that are new since the checkpoint before, in [0, 1].

    `(1/N) Σ_i |E_i(t+1) \ E_i(t)| / |E_i(t+1)|`. Source: as `saturation`; the paper prints
    another index, under which equal sets would not give 0.

    Args:
        before: Chosen experts `(N, E)` bool.
        after: The same at the next checkpoint.
    """
    return float(((after & ~before).sum(-1) / after.sum(-1).clamp_min(1)).float().mean())


def utilisation(share: Tensor) -> float:
    """Return Jain's index `(Σr)² / (E Σr²)` of shares `(E,)`: j equally used experts give j/E."""
    share = share.double()
    return float(share.sum().square() / (len(share) * share.square().sum()).clamp_min(1e-300))


def routing_entropy(probs: Tensor) -> float:
    """Return the mean entropy [nats] of routing probabilities `(N, E)`."""
    return float(torch.special.entr(probs.double()).sum(-1).mean())


def task_information(weights: Tensor, tasks: Tensor, n_tasks: int | None = None) -> float:
    """Return the mutual information I(task; expert) [nats].

    The joint distribution is `p(task, e) ∝ Σ_{i of task} w_ie / Σ_e w_ie`: a state's weights are
    spread over its experts. At most `ln n_tasks` and `ln E`.

    Args:
        weights: `(N, E)`, non-negative; rows without any expert are left out.
        tasks: `(N,)` int64.
        n_tasks: Number of tasks; by default the largest plus one.
    """
    weights = weights.double()
    total = weights.sum(-1, keepdim=True)
    used = total.squeeze(-1) > 0
    share, tasks = weights[used] / total[used], tasks[used]
    joint = torch.zeros(n_tasks or int(tasks.max()) + 1, weights.shape[1], dtype=torch.float64)
    joint.index_add_(0, tasks, share)
    joint /= joint.sum()
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return float(torch.special.xlogy(joint, joint / independent.clamp_min(1e-300)).sum())


def similarity(outputs: Tensor) -> float:
    """Return the mean cosine between outputs of different experts on the same states.

    Args:
        outputs: `(E, N, o)`.
    """
    unit = torch.nn.functional.normalize(outputs.double(), dim=-1).transpose(0, 1)
    cosine = unit @ unit.transpose(1, 2)
    n_experts = len(outputs)
    off = cosine.sum((1, 2)) - cosine.diagonal(dim1=1, dim2=2).sum(-1)
    return float((off / (n_experts * (n_experts - 1))).mean()) if n_experts > 1 else 1.0


def dormant(activations: Tensor, threshold: float = 0.025) -> float:
    """Return the share of dormant neurons.

    Neuron i is dormant where `mean|h_i| / mean_j mean|h_j| ≤ threshold`.

    Source: Sokar et al., *The Dormant Neuron Phenomenon*, arXiv 2302.12902, definition 3.1.

    Args:
        activations: `(N, h)`.
        threshold: τ.
    """
    size = activations.abs().mean(0)
    return float((size <= threshold * size.mean()).float().mean())
