"""Auxiliary losses of routers: pure functions, one scalar each, all with a gradient."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def load_balance(probs: Tensor, mask: Tensor) -> Tensor:
    """Return Switch's load-balancing loss; 1 is balanced.

    ```
    f_e = 1/(kT) Σ_t mask_te (detached);  P_e = mean_t probs_te;  L = E Σ_e f_e P_e
    ```

    Source: Fedus et al., *Switch Transformers*, arXiv 2101.03961, eq. 4-6; for k > 1 the share
    counts all k choices. All tokens on one expert with k = 1 give E.

    Args:
        probs: `(T, E)`.
        mask: `(T, E)` bool.
    """
    load = mask.to(probs.dtype).mean(dim=0)
    share = load / load.sum().clamp_min(1e-12)
    return probs.shape[-1] * (share * probs.mean(dim=0)).sum()


def router_z(z: Tensor) -> Tensor:
    """Return `mean_t logsumexp(z_t)²`, which keeps logits small.

    Source: Zoph et al., *ST-MoE*, arXiv 2202.08906, eq. 5.
    """
    return z.logsumexp(dim=-1).square().mean()


def importance(probs: Tensor) -> Tensor:
    """Return the squared coefficient of variation of the experts' importance `Σ_t probs_te`.

    Source: Shazeer et al., arXiv 1701.06538, eq. 6-7; population variance over experts.
    """
    total = probs.sum(dim=0)
    return total.var(correction=0) / total.mean().square().clamp_min(1e-12)


def tsallis_entropy(probs: Tensor, q: float, *, normalized: bool = False) -> Tensor:
    """Return `H_q(p) = (1 − Σ_e p_e^q)/(q − 1)` of each row, `(T,)`; Shannon's for q = 1.

    Minimising it sharpens a router: the opposite of balancing.

    Source: Tsallis 1988; used by Li et al., *DynMoLE*, arXiv 2504.00661, eq. 5.

    Args:
        probs: `(T, E)`.
        q: Order, positive.
        normalized: Divide by the maximum `(1 − E^{1−q})/(q − 1)`, into [0, 1].
    """
    n_experts = probs.shape[-1]
    if abs(q - 1) < 1e-9:
        entropy, most = -torch.xlogy(probs, probs).sum(dim=-1), math.log(n_experts)
    else:
        entropy = (1 - probs.pow(q).sum(dim=-1)) / (q - 1)
        most = (1 - n_experts ** (1 - q)) / (q - 1)
    return entropy / most if normalized and most > 0 else entropy


def weighted_balance(weights: Tensor, probs: Tensor) -> Tensor:
    """Return DynMoLE's balance `E Σ_e mean_t(w_te) mean_t(p_te)`; 1 for uniform soft routing.

    The gradient flows through both factors. Source: DynMoLE, arXiv 2504.00661, eq. 9.

    Args:
        weights: `(T, E)`.
        probs: `(T, E)`.
    """
    return probs.shape[-1] * (weights.mean(dim=0) * probs.mean(dim=0)).sum()


def dense_to_sparse_balance(weights: Tensor, mask: Tensor) -> Tensor:
    """Return EvoMoE's balance `E² mean_e(mean_t(w_te) mean_t(mask_te))`.

    All experts active with weights that sum to one give E.

    Source: Nie et al., *EvoMoE*, arXiv 2112.14397, eq. 9, as its released gate computes it.

    Args:
        weights: `(T, E)`, masked and not renormalised.
        mask: `(T, E)` bool.
    """
    active = mask.to(weights.dtype).mean(dim=0)
    return weights.shape[-1] ** 2 * (weights.mean(dim=0) * active).mean()
