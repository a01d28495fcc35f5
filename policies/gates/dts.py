"""EvoMoE's gate: dense at first, sparse as its temperature falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.base import Gate, State
from rewardlab.policies.losses import dense_to_sparse_balance, router_z
from rewardlab.policies.router import RouterOutput, softmax

Schedule = Literal["exp", "linear"]
Weighting = Literal["annealed", "plain"]


def temperature_at(fraction: float, start: float, end: float, schedule: Schedule = "exp") -> float:
    """Return τ at a fraction of training done.

    ```
    exp     τ = max(start (end/start)^f, end)
    linear  τ = max(start − f (start − end), end)
    ```
    """
    if schedule == "linear":
        return max(start - fraction * (start - end), end)
    return max(start * math.pow(end / start, fraction), end)


class DTSGate(Gate):
    """The dense-to-sparse gate, with expert 0 alone until the experts are spawned from it.

    ```
    g = softmax((z + ζ)/τ);  mask = g > threshold
    w = g mask  ("annealed")  or  softmax(z) mask  ("plain"), not renormalised
    ```

    ζ is Gumbel noise, only with `noise=True` and only in passes of a gradient step: acting, targets
    and evaluation never see it, and an algorithm that compares its policy before and after an
    update (PPO, A2C) must do without. While `running_phase` is 0 every token goes to expert 0 with
    weight 1 (EvoMoE's first phase); `rewardlab.policies.spawn` sets it to 1.

    Source: Nie et al., *EvoMoE*, arXiv 2112.14397, eq. 6-8. Deterministic by default; evaluation
    keeps the mask instead of the best expert alone; `"annealed"` is the default where the released
    code has `"plain"`.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        temperature: τ at the start and at the end of training.
        schedule: How it falls.
        threshold: Below it an expert is not used.
        weighting: See above.
        noise: Whether training passes add Gumbel noise.
        spawn_at: Fraction of training at which the other experts are spawned from expert 0;
            0 begins with all of them.
    """

    name = "dts"
    running = ("tau", "phase")

    running_tau: Tensor
    running_phase: Tensor

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        temperature: Sequence[float] = (2.0, 0.3),
        schedule: Schedule = "exp",
        threshold: float = 1e-3,
        weighting: Weighting = "annealed",
        noise: bool = False,
        spawn_at: float = 0.0,
    ) -> None:
        super().__init__(n_experts, dim=dim)
        for what, given, known in (
            ("schedule", schedule, get_args(Schedule)),
            ("weighting", weighting, get_args(Weighting)),
        ):
            if given not in known:
                raise UnknownName(f"{what} of gate 'dts'", str(given), known)
        if len(temperature) != 2 or not math.inf > temperature[0] >= temperature[1] > 0:
            raise UsageError(
                "temperature of gate 'dts' is two positive numbers, where it starts and where it "
                f"ends, not rising; got {temperature!r}"
            )
        if not 0 <= threshold < 1 / n_experts:
            raise UsageError(
                f"threshold of gate 'dts' lies in [0, 1/n_experts = {1 / n_experts:g}), so that a "
                f"uniform router uses all experts; got {threshold}"
            )
        if not 0 <= spawn_at < 1:
            raise UsageError(f"spawn_at is a fraction of training in [0, 1), got {spawn_at}")
        self.temperature, self.schedule = (float(temperature[0]), float(temperature[1])), schedule
        self.threshold, self.weighting = threshold, weighting
        self.noise, self.spawn_at = noise, spawn_at
        self.register_buffer("running_tau", torch.tensor(self.temperature[0]))
        self.register_buffer("running_phase", torch.tensor(0.0 if spawn_at > 0 else 1.0))

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return the choice of logits `z (T, E)`; `state` may hold another `tau` and `phase`."""
        state = self.state if state is None else state
        noisy = z + _gumbel(z) if self.noise and training else z
        probs = softmax(noisy / state["tau"])
        mask = probs.detach() > self.threshold
        weights = (probs if self.weighting == "annealed" else softmax(z)) * mask
        if self.spawn_at > 0:
            alone = torch.zeros_like(mask)
            alone[:, 0] = True
            spawned = state["phase"] > 0
            mask = torch.where(spawned, mask, alone)
            weights = torch.where(spawned, weights, alone.to(weights.dtype))
        return RouterOutput(weights, mask, None, probs)

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return EvoMoE's balance and the router z-loss."""
        weights = softmax(z / self.running_tau if self.weighting == "annealed" else z) * routed.mask
        return {
            "balance": dense_to_sparse_balance(weights, routed.mask),
            "router_z": router_z(z),
        }

    def advance(self, fraction: float) -> None:
        """Let τ fall; spawning is for whoever knows the optimizer."""
        self.running_tau.fill_(temperature_at(fraction, *self.temperature, self.schedule))


def _gumbel(like: Tensor) -> Tensor:
    """Return noise whose argmax with logits is a sample of their softmax."""
    return -torch.empty_like(like).exponential_().log()
