"""The contract that every gate keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from rewardlab.policies.router import RouterOutput

ROUTER_STD = 0.02
"""Standard deviation of a new router's weights; zeros would tie all logits."""

State = Mapping[str, Tensor]
"""A gate's running state by the name of its buffer without `running_`, e.g. `{"tau": tensor}`."""


class Gate(nn.Module):
    """Chooses experts for tokens: logits `z = x W` and a pure rule from `z` to weights.

    A concrete gate writes `route` and `losses`. Everything that changes its rule over training is
    running state: floating-point buffers named `running_*` (SB3 copies exactly these into target
    networks), set in place and only by `advance`, so that a policy is one function from a rollout
    to the end of its update. Whether the module is in training mode changes nothing that acts.

    Args:
        n_experts: `E`.
        dim: Width `d` of a token, or `None` for a gate of which only `route` is called.
    """

    name: ClassVar[str]
    """What `make_gate` and `policy_kwargs` call it."""
    running: ClassVar[tuple[str, ...]] = ()
    """Names of its running state, without `running_`."""
    remedy: ClassVar[str] = ""
    """What to ask for where it may not look at batch mates, e.g. `"use mode='threshold'"`."""

    def __init__(self, n_experts: int, *, dim: int | None = None) -> None:
        super().__init__()
        self.n_experts = n_experts
        self.weight = None if dim is None else nn.Parameter(torch.empty(dim, self.n_logits))
        self.reset()

    @property
    def n_logits(self) -> int:
        """Logits per token; the number of experts for all gates but `soft`."""
        return self.n_experts

    @property
    def batch_independent(self) -> bool:
        """Whether a token's experts depend on that token alone, so that the gate may act."""
        return True

    @property
    def scheduled(self) -> bool:
        """Whether `advance` changes its rule, so that whoever trains must call it."""
        return bool(self.running)

    def reset(self) -> None:
        """Draw the router's weights anew from N(0, 0.02²)."""
        if self.weight is not None:
            nn.init.normal_(self.weight, std=ROUTER_STD)

    def logits(self, x: Tensor) -> Tensor:
        """Return logits `(T, E)` of tokens `(T, d)`, never below single precision.

        Half precision flips choices between batch sizes, so a router leaves autocast.
        """
        weight = self.weight
        assert weight is not None, "a gate without dim has no logits of its own"
        if torch.is_autocast_enabled(x.device.type):
            with torch.autocast(x.device.type, enabled=False):
                return x.to(weight.dtype) @ weight
        return x.to(weight.dtype) @ weight

    def route(
        self, z: Tensor, *, state: State | None = None, training: bool = False
    ) -> RouterOutput:
        """Return what logits `z (T, E)` (float32 or float64) choose: a pure function.

        Args:
            z: Logits.
            state: Running state to use; `None` means the gate's own.
            training: Whether this is a forward pass of a gradient step. Only gates that add noise
                off-policy look at it.
        """
        raise NotImplementedError

    def losses(self, z: Tensor, routed: RouterOutput) -> dict[str, Tensor]:
        """Return the gate's unscaled auxiliary losses as functions of `z`, by name.

        `z` may be another graph's copy of the logits that `routed` came from: the layer passes
        logits of the detached input, so that no loss of a critic reaches the action.
        """
        del z, routed
        return {}

    def forward(self, x: Tensor) -> RouterOutput:
        """Route tokens `(T, d)`; in a training pass, remember what `advance` needs."""
        learning = self.training and torch.is_grad_enabled()
        z = self.logits(x)
        routed = self.route(z, training=learning)
        if learning:
            with torch.no_grad():
                self.observe(z.detach(), routed)
        return routed

    def observe(self, z: Tensor, routed: RouterOutput) -> None:
        """Accumulate statistics of a training pass in place; routing changes only in `advance`."""

    def advance(self, fraction: float) -> None:
        """Apply schedules at a fraction of training done, and what was observed since."""

    @property
    def state(self) -> dict[str, Tensor]:
        """The running state, as `route` takes it."""
        return {name: getattr(self, f"running_{name}") for name in self.running}
