"""Experts choose tokens: exactly, with a cap per token, or by a threshold that may act."""

from __future__ import annotations

import math
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.gates.capped import Rounding, assign, rounded
from rewardlab.policies.losses import importance, load_balance, router_z
from rewardlab.policies.router import RouterOutput, ceiling, chosen, softmax, top_k

Mode = Literal["threshold", "exact", "capped"]


class ExpertChoiceGate(Gate):
    """Expert Choice routing: every expert picks its tokens, so that loads are balanced.

    ```
    S = softmax(z) over experts;  k = min(n, ceil(n c / E))
    exact      mask: each expert's k highest-scoring tokens of the batch (ties: lowest index)
    capped     the same, with at most b experts per token (see `capped.assign` and `rounded`)
    threshold  mask_te = S_te ≥ θ_e;  a token without any takes its best expert
    w = S · mask, not renormalised
    ```

    Exact and capped forms look at the token's batch mates: with other companions one state in five
    changes its experts (E = 8, c = 2, half of 128), and alone it gets all of them. They are for
    critics trained from replayed batches. The threshold form (ours) acts on each token alone: θ_e,
    an expert's k-th largest score averaged over training batches (`EMA(0.99)`; 1/E until one was
    seen), moves between updates only. SAC and TD3 evaluate their critic in the actor's loss too, so
    there θ mixes replayed and new actions.

    Source: Zhou et al., *Mixture-of-Experts with Expert Choice Routing*, arXiv 2202.09368.
    `ceil` in k is ours; the losses, which the paper does without, have coefficient 0 by default.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        capacity_factor: `c`, mean experts per token.
        mode: Who chooses, see above.
        cap: `b`, most experts per token of mode `"capped"`; by default `ceil(c) + 1`, with which
            any batch of at least E tokens is feasible.
        lam: Weight λ of the entropy in mode `"capped"`.
        tol: Error of an expert's load at which its iteration stops.
        max_iter: Iterations at most.
        rounding: How mode `"capped"` makes a choice of a soft assignment.

    Notes of its output: `unserved`, the share of tokens that no expert picked (in mode
    `"threshold"` they go to their best one); in mode `"capped"` also `residual`, the largest error
    of an expert's load, and whether it is `unconverged`.
    """

    name = "expert_choice"
    running: ClassVar[tuple[str, ...]] = ("threshold",)
    remedy = "use mode='threshold'"
    decay = 0.99
    """Of the moving average of θ, per training batch."""

    running_threshold: Tensor
    seen_threshold: Tensor
    seen_batches: Tensor

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        capacity_factor: float = 2.0,
        mode: Mode = "threshold",
        cap: int | None = None,
        lam: float = 0.05,
        tol: float = 1e-3,
        max_iter: int = 2000,
        rounding: Rounding = "greedy",
    ) -> None:
        super().__init__(n_experts, dim=dim)
        self.capacity_factor, self.mode, self.rounding = capacity_factor, mode, rounding
        self.lam, self.tol, self.max_iter = lam, tol, max_iter
        self.cap = min(ceiling(capacity_factor) + 1, n_experts) if cap is None else cap
        self._check(cap)
        start = torch.full((n_experts,), 1 / n_experts)
        self.register_buffer("running_threshold", start)
        self.register_buffer("seen_threshold", start.clone())  # what `advance` makes of it next
        self.register_buffer("seen_batches", torch.zeros(()))

    @property
    def batch_independent(self) -> bool:
        """Only the threshold form may act."""
        return self.mode == "threshold"

    @property
    def scheduled(self) -> bool:
        """Only the threshold form has a rule that moves."""
        return self.mode == "threshold"

    def tokens_per_expert(self, n: int) -> int:
        """Return `k = min(n, ceil(n c / E))` of a batch of n tokens."""
        # n c / E may lie a rounding error above an integer
        return min(n, ceiling(n * self.capacity_factor / self.n_experts))

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (n, E)`; `state` may hold another `threshold (E,)`."""
        del training
        probs = softmax(z)
        if self.mode == "threshold":
            threshold = (self.state if state is None else state)["threshold"]
            mask, notes = _above(probs.detach(), threshold)
        elif self.mode == "exact":
            best = top_k(probs.detach().t(), self.tokens_per_expert(len(z)))
            mask, notes = _told(chosen(best, len(z)).t())
        else:
            mask, notes = self._capped(probs.detach().t())
        return RouterOutput(probs * mask, mask, None, probs, notes=notes)

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return Switch's load balance, the router z-loss and the importance loss."""
        probs = softmax(z)
        return {
            "load_balance": load_balance(probs, routed.mask),
            "router_z": router_z(z),
            "importance": importance(probs),
        }

    def observe(self, z: Tensor, routed: RouterOutput) -> None:
        """Average each expert's k-th largest score of the batch into what θ becomes next."""
        if not self.scheduled:
            return
        kth = routed.probs.detach().sort(dim=0, descending=True).values
        kth = kth[self.tokens_per_expert(len(z)) - 1]
        decay = torch.where(self.seen_batches > 0, self.decay, 0.0)  # the first replaces the start
        self.seen_threshold.mul_(decay).add_((1 - decay) * kth)
        self.seen_batches.add_(1)

    def advance(self, fraction: float) -> None:
        """Let θ be what was observed."""
        del fraction
        self.running_threshold.copy_(self.seen_threshold)

    def _capped(self, scores: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        k = self.tokens_per_expert(scores.shape[1])
        soft = assign(scores, k, self.cap, lam=self.lam, tol=self.tol, max_iter=self.max_iter)
        mask, notes = _told(rounded(soft.values, k, self.cap, self.rounding).t())
        residual = torch.tensor(soft.residual)
        return mask, {
            **notes,
            "residual": residual,
            "unconverged": (residual >= self.tol).float(),
        }

    def _check(self, cap: int | None) -> None:
        for what, given, known in (
            ("mode", self.mode, get_args(Mode)),
            ("rounding", self.rounding, get_args(Rounding)),
        ):
            if given not in known:
                raise UnknownName(f"{what} of expert_choice", str(given), known)
        if not 0 < self.capacity_factor <= self.n_experts:
            raise UsageError(
                "capacity_factor is the mean number of experts per token, in "
                f"(0, {self.n_experts}], got {self.capacity_factor!r}"
            )
        if cap is not None and self.mode != "capped":
            raise UsageError(f"cap={cap} is for mode='capped', got mode={self.mode!r}")
        if not isinstance(self.cap, int) or self.cap < self.capacity_factor:
            raise UsageError(
                "cap must be a whole number, at least capacity_factor "
                f"{self.capacity_factor:g}, got {self.cap!r}"
            )
        for what, value in (("lam", self.lam), ("tol", self.tol), ("max_iter", self.max_iter)):
            if not 0 < value < math.inf:
                raise UsageError(f"{what} of expert_choice must be positive, got {value!r}")


def _told(mask: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    return mask, {"unserved": (~mask.any(dim=-1)).float().mean()}


def _above(scores: Tensor, threshold: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    mask, notes = _told(scores >= threshold)
    best = chosen(scores.argmax(dim=-1, keepdim=True), scores.shape[-1])
    return mask | (best & ~mask.any(dim=-1, keepdim=True)), notes
