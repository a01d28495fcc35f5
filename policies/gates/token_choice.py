"""What gates share in which every token takes its k best experts."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from rewardlab.errors import Caution, UsageError
from rewardlab.policies.balancing import update_bias
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import importance, load_balance, router_z
from rewardlab.policies.router import RouterOutput, chosen, top_k


class TokenChoiceGate(Gate):
    """Selects the k experts with the highest `score + bias`; abstract.

    A concrete gate says what the probabilities are and how the chosen weigh. The bias is zero
    unless `balance_rate` is given: then it moves against the load of the training passes since the
    last `advance` (see `update_bias`), once per iteration. It never enters a weight.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        top_k: Experts per token.
        balance_rate: Step `u` of the selection bias; 0 for none.
    """

    running = ("bias",)

    running_bias: Tensor
    running_load: Tensor

    def __init__(
        self, n_experts: int, *, dim: int | None = None, top_k: int = 2, balance_rate: float = 0.0
    ) -> None:
        super().__init__(n_experts, dim=dim)
        if not 1 <= top_k <= n_experts:
            raise UsageError(
                f"top_k is between 1 and n_experts = {n_experts}, got {top_k}; give every state "
                "all experts with gate='dense'"
            )
        if balance_rate < 0:
            raise UsageError(f"balance_rate must not be negative, got {balance_rate}")
        self.top_k, self.balance_rate = top_k, balance_rate
        self.register_buffer("running_bias", torch.zeros(n_experts))
        self.register_buffer("running_load", torch.zeros(n_experts))

    @property
    def scheduled(self) -> bool:
        """Only where the bias moves."""
        return self.balance_rate > 0

    def probabilities(self, z: Tensor) -> Tensor:
        """Return scores `(T, E)` that sum to one over all experts."""
        raise NotImplementedError

    def weigh(self, z: Tensor, probs: Tensor, mask: Tensor) -> Tensor:
        """Return weights `(T, E)` of the chosen experts, zero elsewhere."""
        raise NotImplementedError

    def scores(self, z: Tensor, probs: Tensor) -> Tensor:
        """Return what the selection bias is added to."""
        del z
        return probs

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (T, E)`; `state` may hold another `bias (E,)`."""
        del training
        probs = self.probabilities(z)
        if state is None and self.balance_rate == 0:
            indices = top_k(z.detach(), self.top_k)  # the same order without rounding of exp
        else:
            bias = (self.state if state is None else state)["bias"]
            indices = top_k(self.scores(z, probs).detach() + bias, self.top_k)
        mask = chosen(indices, self.n_experts)
        return RouterOutput(self.weigh(z, probs, mask), mask, indices, probs)

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return Switch's load balance, the router z-loss and the importance loss."""
        probs = self.probabilities(z)
        return {
            "load_balance": load_balance(probs, routed.mask),
            "router_z": router_z(z),
            "importance": importance(probs),
        }

    def observe(self, z: Tensor, routed: RouterOutput) -> None:
        """Count the tokens of each expert."""
        del z
        if self.balance_rate > 0:
            self.running_load.add_(routed.load)

    def advance(self, fraction: float) -> None:
        """Move the bias against the load since the last call."""
        del fraction
        if self.balance_rate > 0:
            self.running_bias.copy_(
                update_bias(self.running_bias, self.running_load, rate=self.balance_rate)
            )
            self.running_load.zero_()


def warn_of_constant_weights(name: str) -> None:
    """Warn that one renormalised weight is always 1, so that its router gets no gradient."""
    warnings.warn(
        f"gate {name!r} with top_k=1 and renormalised weights gives its one expert the weight 1: "
        "the router has no gradient and never learns; use top_k=2, or gate='softmax' without "
        "renormalize",
        Caution,
        stacklevel=4,
    )
