"""The mixture-of-experts layer: a gate, stacked experts, shared experts, auxiliary losses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.aux import add_aux
from rewardlab.policies.dispatch import DISPATCHES, mixture, slots
from rewardlab.policies.experts import Experts, Init
from rewardlab.policies.gates.base import Gate
from rewardlab.policies.gates.make import make_gate
from rewardlab.policies.gates.soft import SoftGate, SoftOutput
from rewardlab.policies.router import RouterOutput
from rewardlab.policies.tokens import cut, widths


class MoELayer(nn.Module):
    """`y_t = scaling · Σ_e w_te f_e(x_t) + shared(x_t)`, tokens `(T, d)` to `(T, o)`.

    With `shared_combine="sum"` shared experts are added, as in DeepSeekMoE; with `"half"` the
    output is `½ Σ_s ω_s f_s(x) + ½ routed`, `Σ ω_s = 1` learned (arXiv 2505.10860).

    Args:
        dim: Width `d` of a token.
        out_dim: Width `o` of an output.
        gate: Name of a gate.
        n_experts: Routed experts `E`.
        expert_hidden: Width of an expert's hidden layer; `None` makes an expert one linear layer.
        activation: Of the hidden layer, by name or class.
        n_shared: Experts that every token uses.
        shared_combine: How shared and routed experts add up.
        routed_scaling: Factor on the routed experts.
        init: See `Experts`.
        aux_coefs: Coefficients of the gate's auxiliary losses by name; none by default. Two numbers
            are those at the start and at the end of training, between which `advance` moves.
        dispatch: How experts are computed; all ways agree.
        gate_options: Options of the gate, such as `top_k`.
    """

    seen_load: Tensor
    """Tokens that each expert got in training passes, `(E,)`."""
    seen_mass: Tensor
    """Sum of each expert's weights in training passes, `(E,)`."""
    seen_tokens: Tensor
    """Tokens in training passes."""

    def __init__(
        self,
        dim: int,
        out_dim: int,
        *,
        gate: str = "softmax",
        n_experts: int = 8,
        expert_hidden: int | None = None,
        activation: str | type[nn.Module] = "relu",
        n_shared: int = 0,
        shared_combine: Literal["sum", "half"] = "sum",
        routed_scaling: float = 1.0,
        init: Init = "orthogonal",
        aux_coefs: Mapping[str, float | Sequence[float]] | None = None,
        dispatch: str = "auto",
        **gate_options: Any,
    ) -> None:
        super().__init__()
        _one_of("dispatch", dispatch, tuple(DISPATCHES))
        _one_of("shared_combine", shared_combine, ("sum", "half"))
        _at_least(0, n_shared=n_shared)
        if not 0 <= routed_scaling < math.inf:
            raise UsageError(f"routed_scaling must not be negative, got {routed_scaling}")
        if shared_combine == "half" and not n_shared:
            raise UsageError("shared_combine 'half' needs shared experts: give n_shared")
        _at_least(1, expert_hidden=1 if expert_hidden is None else expert_hidden)
        self.dim, self.out_dim, self.n_experts = dim, out_dim, n_experts
        shape = {"hidden": expert_hidden, "act": activation, "init": init}
        self.tokens: tuple[int, ...] | None = None
        token, out_token = dim, out_dim
        if gate == SoftGate.name:
            asked = {k: gate_options[k] for k in ("n_tokens", "groups") if k in gate_options}
            self.tokens = widths(dim, **asked)
            token, (out_token, *_) = max(self.tokens), widths(out_dim, len(self.tokens))
        self.gate: Gate = make_gate(gate, n_experts, dim=token, **gate_options)
        self.experts = Experts(n_experts, token, out_token, **shape)  # type: ignore[arg-type]
        self.shared = Experts(n_shared, dim, out_dim, **shape) if n_shared else None  # type: ignore[arg-type]
        half = n_shared > 0 and shared_combine == "half"
        self.shared_logits = nn.Parameter(torch.zeros(n_shared)) if half else None
        self.routed_scaling, self.dispatch = routed_scaling, dispatch
        self.aux_coefs: dict[str, float] = {}
        self._ramps: dict[str, tuple[float, float]] = {}
        for name, coef in (aux_coefs or {}).items():
            self.set_aux_coef(name, coef)
        for name, shape_ in (("load", n_experts), ("mass", n_experts), ("tokens", ())):
            self.register_buffer(f"seen_{name}", torch.zeros(shape_), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return `(T, o)` for tokens `(T, d)`."""
        tokens = x if self.tokens is None else cut(x, self.tokens)
        routed = self.gate(tokens)
        y = self._combine(self._routed(tokens, routed), x)
        if not torch.is_grad_enabled():
            return y
        if self.training:
            self._see(routed)
        return self._with_aux(y, tokens, routed)

    def set_aux_coef(self, name: str, coef: float | Sequence[float]) -> None:
        """Set the coefficient of one of the gate's auxiliary losses, or where it starts and ends.

        Raises:
            UsageError: The gate has no such loss, or there are other than one or two numbers from 0
                on.
        """
        known = self._loss_names()
        if name not in known:
            raise UnknownName(f"auxiliary loss of gate {self.gate.name!r}", name, known)
        ends = (coef, coef) if isinstance(coef, int | float) else tuple(coef)
        if len(ends) != 2 or not all(_is_coef(end) for end in ends):
            raise UsageError(
                f"aux_coefs: {name} is a number from 0 on, or its start and end, got {coef!r}"
            )
        self._ramps[name] = (float(ends[0]), float(ends[1]))
        self.aux_coefs[name] = float(ends[0])

    def advance(self, fraction: float) -> None:
        """Apply the schedules of gate and coefficients at a fraction of training done."""
        self.gate.advance(fraction)
        for name, (start, end) in self._ramps.items():
            self.aux_coefs[name] = start + fraction * (end - start)

    @property
    def scheduled(self) -> bool:
        """Whether `advance` changes anything, so that whoever trains must call it."""
        return self.gate.scheduled or any(start != end for start, end in self._ramps.values())

    def _routed(self, x: Tensor, routed: RouterOutput) -> Tensor:
        if isinstance(routed, SoftOutput):
            return slots(x, routed, self.experts).flatten(1)
        return DISPATCHES[self.dispatch](x, routed, self.experts)

    def _combine(self, routed: Tensor, x: Tensor) -> Tensor:
        if self.routed_scaling != 1.0:
            routed = self.routed_scaling * routed
        if self.shared is None:
            return routed
        if self.shared_logits is None:
            return routed + mixture(x, x.new_ones(self.shared.n), self.shared)
        return 0.5 * (routed + mixture(x, self.shared_logits.softmax(0), self.shared))

    def _with_aux(self, y: Tensor, x: Tensor, routed: RouterOutput) -> Tensor:
        coefs = {name: coef for name, coef in self.aux_coefs.items() if coef != 0}
        if not coefs:
            return y
        losses = self.gate.losses(self.gate.logits(x.detach()), routed)
        return add_aux(y, sum(coef * losses[name] for name, coef in coefs.items()))  # type: ignore[arg-type]

    @torch.no_grad()
    def _see(self, routed: RouterOutput) -> None:
        self.seen_load.add_(routed.load)
        self.seen_mass.add_(routed.weights.sum(dim=0))
        self.seen_tokens.add_(len(routed.mask))

    def _loss_names(self) -> tuple[str, ...]:
        # as many rows as experts: fewer cannot keep a cap on the experts per token
        rows = (self.n_experts,) if self.tokens is None else (1, len(self.tokens))
        z = torch.zeros(*rows, self.gate.n_logits)
        with torch.no_grad():
            return tuple(self.gate.losses(z, self.gate.route(z)))


def _is_coef(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _at_least(least: int, **given: int) -> None:
    for name, value in given.items():
        if value < least:
            raise UsageError(f"{name} is a whole number from {least} on, got {value}")


def _one_of(kind: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise UnknownName(kind, name, known)
