"""Auxiliary losses of routers: pure functions, one scalar each, all with a gradient."""

from __future__ import annotations

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
