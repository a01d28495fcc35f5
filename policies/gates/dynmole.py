"""DynMoLE's gate: how many experts a token gets depends on how uncertain its router is."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import router_z, tsallis_entropy, weighted_balance
from rewardlab.policies.router import RouterOutput, softmax

Rule = Literal["released", "corrected"]
EPS = 1e-5
"""Added to probabilities by the released code before it takes their entropy."""


class DynMoLEGate(Gate):
    """Hybrid routing by Tsallis entropy.

    ```
    p = softmax(z), sorted;  c = cumulative sum;  H = H_q(p) / max H_q
    "corrected"  mask: (c − p) < top_p, the expert that crosses top_p included;  w = p mask / Σ
    "released"   mask: c ≤ top_p, the crossing expert left out;  H of p + 1e-5;  w = p mask
    both         the first top_k always;  all experts where H > entropy_threshold (if < 1)
    ```

    A gradient flows through p, none through the mask. The entropy loss sharpens the router: it
    does the opposite of balancing, so begin with a coefficient of zero.

    Source: Li et al., *DynMoLE*, arXiv 2504.00661, and its released code; the corrected rule is
    top-p as the paper describes it.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        q: Order of the entropy; 1 is Shannon's.
        entropy_threshold: Normalised entropy above which all experts count.
        top_p: Probability that the chosen add up to.
        top_k: Experts at least (the released `keep_top_k`).
        rule: Which of the two forms.

    Notes of its output: `soft`, the share of tokens with all experts.
    """

    name = "dynmole"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        q: float = 1.1,
        entropy_threshold: float = 0.9,
        top_p: float = 0.75,
        top_k: int = 2,
        rule: Rule = "corrected",
    ) -> None:
        super().__init__(n_experts, dim=dim)
        if rule not in get_args(Rule):
            raise UnknownName("rule of gate 'dynmole'", str(rule), get_args(Rule))
        if not 1 <= top_k <= n_experts:
            raise UsageError(f"top_k is between 1 and n_experts = {n_experts}, got {top_k}")
        if not q > 0:
            raise UsageError(f"q of a Tsallis entropy must be positive, got {q}")
        for what, value in (("top_p", top_p), ("entropy_threshold", entropy_threshold)):
            if not 0 <= value <= 1:
                raise UsageError(f"{what} of gate 'dynmole' is between 0 and 1, got {value}")
        self.q, self.entropy_threshold, self.top_p = q, entropy_threshold, top_p
        self.top_k, self.rule = top_k, rule

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (T, E)`."""
        del state, training
        probs = softmax(z)
        mask, soft = self._choose(probs.detach())
        return RouterOutput(
            self._weigh(probs, mask), mask, None, probs, notes={"soft": soft.float().mean()}
        )

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return the entropy, DynMoLE's balance and the router z-loss."""
        probs = softmax(z)
        return {
            "entropy": self._entropy(probs).mean(),
            "balance": weighted_balance(self._weigh(probs, routed.mask), probs),
            "router_z": router_z(z),
        }

    def _choose(self, probs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mask `(T, E)` and which tokens get all experts `(T,)`."""
        ranked, order = probs.sort(dim=-1, descending=True, stable=True)
        total = ranked.cumsum(dim=-1)
        released = self.rule == "released"
        kept = total <= self.top_p if released else total - ranked < self.top_p
        kept[:, : self.top_k] = True
        soft = self._entropy(probs) > self.entropy_threshold
        if self.entropy_threshold < 1:
            kept |= soft[:, None]
        else:
            soft = soft & False
        return kept.new_empty(kept.shape).scatter_(-1, order, kept), soft

    def _weigh(self, probs: Tensor, mask: Tensor) -> Tensor:
        weights = probs * mask
        if self.rule == "released":
            return weights
        return weights / weights.sum(dim=-1, keepdim=True)

    def _entropy(self, probs: Tensor) -> Tensor:
        probs = probs + EPS if self.rule == "released" else probs.clamp_min(1e-12)
        return tsallis_entropy(probs, self.q, normalized=True)
