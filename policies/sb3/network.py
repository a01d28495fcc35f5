"""Multi-layer perceptrons in which one layer is a mixture of experts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from rewardlab.errors import UsageError
from rewardlab.policies.gates.base import Gate
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.sb3.options import Place
from rewardlab.policies.sb3.pretrained import Expert, PretrainedMixture


@dataclass(frozen=True)
class Blueprint:
    """How a network of a policy is built.

    Attributes:
        place: Which layer is the mixture, see `MoeOptions`.
        layer: Arguments of `MoELayer`, or `None` for a dense network.
        activation: Between layers.
        init: How experts are initialised unless `layer` says it.
        alone: Whether each state must be judged alone: in whatever acts, and in a value function
            that meets a state in batches of different sizes.
        noisy: Whether passes of a gradient step may add noise, which on-policy learners cannot
            have: they compare what they did with what they would do now.
        name: What errors call it.
        experts: Trained policies, which make up all of the network then.
        frozen: Whether they stay as they are.
    """

    place: Place
    layer: Mapping[str, Any] | None
    activation: type[nn.Module]
    init: str
    alone: bool
    noisy: bool
    name: str
    experts: tuple[Expert, ...] = ()
    frozen: bool = True

    def mlp(self, dim: int, widths: Sequence[int], out_dim: int | None = None) -> nn.Sequential:
        """Return layers `dim -> widths -> out_dim`, each hidden one followed by the activation.

        Raises:
            UsageError: The mixture has no place in it, or the gate does not fit.
        """
        self._check_place(widths, out_dim)
        at = {"features": 0, "trunk": len(widths) - 1}.get(self.place)
        modules: list[nn.Module] = []
        for i, width in enumerate(widths):
            layer = self.mixture(dim, width) if i == at else nn.Linear(dim, width)
            modules += [layer, self.activation()]
            dim = width
        if out_dim is not None:
            modules.append(self.head(dim, out_dim))
        return nn.Sequential(*modules)

    def head(self, dim: int, out_dim: int) -> nn.Module:
        """Return the output layer."""
        return self.mixture(dim, out_dim) if self.place == "head" else nn.Linear(dim, out_dim)

    def mixture(self, dim: int, out_dim: int) -> nn.Module:
        """Return the mixture, or a dense layer in a dense network."""
        if self.layer is None:
            return nn.Linear(dim, out_dim)
        defaults = {"activation": self.activation, "init": self.init}
        made = MoELayer(dim, out_dim, **{**defaults, **self.layer})
        self._check_gate(made.gate)
        return made

    def pretrained(self, dim: int) -> MoELayer:
        """Return the mixture of the trained policies."""
        defaults = {"activation": self.activation, "init": self.init}
        options = {**defaults, **(self.layer or {})}
        made = PretrainedMixture(dim, self.experts, frozen=self.frozen, **options)
        self._check_gate(made.gate)
        return made

    def _check_gate(self, gate: Gate) -> None:
        """Raise `UsageError` if a gate looks at other states, or draws lots, where it must not."""
        if self.alone and not gate.batch_independent:
            raise UsageError(
                f"gate {gate.name!r} as asked chooses a state's experts by the other states of its "
                f"batch, so it cannot be in {self.name}: {gate.remedy}; in critics of SAC and TD3 "
                "it may be, with critic=dict(…)"
            )
        if getattr(gate, "noise", False) and not self.noisy:
            raise UsageError(
                f"gate {gate.name!r} with noise is another policy in the update than in the "
                f"rollout, so it cannot be in {self.name}: leave out noise"
            )

    def _check_place(self, widths: Sequence[int], out_dim: int | None) -> None:
        if self.layer is not None and self.place != "head" and not widths:
            raise UsageError(
                f"moe's place {self.place!r} is a hidden layer, and {self.name} has none: give "
                "net_arch, or place='head'"
            )


@torch.no_grad()
def rescale(layer: nn.Module, factor: float) -> None:
    """Multiply the outputs of a mixture's experts, as a gain at initialisation would."""
    if isinstance(layer, MoELayer):
        for experts in (layer.experts, layer.shared):
            if experts is not None:
                experts.B.mul_(factor)
                experts.b.mul_(factor)
