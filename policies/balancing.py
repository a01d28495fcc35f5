"""Balancing experts without a loss: a bias on the scores by which they are selected."""

from __future__ import annotations

from torch import Tensor


def update_bias(bias: Tensor, load: Tensor, *, rate: float = 1e-3, recentre: bool = True) -> Tensor:
    """Return the selection bias after a step against the load of the experts.

    ```
    b_e ← b_e + u · sign(mean(load) − load_e);   then b ← b − mean(b)  if recentre
    ```

    Experts are selected by `s + b` and weighted by `s`. Recentring changes no selection, and keeps
    the bias from drifting.

    Source: Wang et al., *Auxiliary-Loss-Free Load Balancing Strategy for Mixture-of-Experts*, arXiv
    2408.15664, algorithm 1; recentring is ours.

    Args:
        bias: `(E,)`.
        load: Tokens that each expert got, `(E,)`.
        rate: `u`.
        recentre: Whether the result has mean zero.
    """
    load = load.to(bias.dtype)
    bias = bias + rate * (load.mean() - load).sign()
    return bias - bias.mean() if recentre else bias
