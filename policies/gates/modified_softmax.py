"""A softmax gate that sees a bounded transform of the input."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from rewardlab.errors import UnknownName
from rewardlab.policies.gates.softmax import SoftmaxGate

TRANSFORMS: MappingProxyType[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "identity": lambda x: x,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "cos": torch.cos,
        "sin": torch.sin,
        "layernorm_tanh": lambda x: torch.tanh(layer_norm(x, x.shape[-1:])),
    }
)
"""What `M` may be, elementwise but for the normalisation in the last (ours)."""


class ModifiedSoftmaxGate(SoftmaxGate):
    """Softmax routing of `M(x)`: `z = β1ᵀ M(x) + β0`; the experts see `x` itself.

    A bounded `M` that is not linear in `x` breaks the interaction between the gate's and the
    experts' parameters that makes estimation slower than any polynomial where some expert's slope
    vanishes. With `"tanh"`, `|log g_i/g_j| ≤ ‖β1_i − β1_j‖₁ + |β0_i − β0_j|` for any input, also
    one that training has never seen; for huge inputs the gate has no gradient, so keep
    `VecNormalize`.

    Source: Nguyen et al., *A General Theory for Softmax Gating Multinomial Logistic Mixture of
    Experts*, arXiv 2310.14188, section 4. Top-k is ours; the paper uses all experts.

    Args:
        n_experts: `E`.
        dim: Width of a token.
        transform: `M`, by name; see `TRANSFORMS`.
        top_k: Experts per token.
        renormalize: See `SoftmaxGate`.
        balance_rate: See `TokenChoiceGate`.
    """

    name = "modified_softmax"

    def __init__(
        self,
        n_experts: int,
        *,
        dim: int | None = None,
        transform: str = "tanh",
        top_k: int = 2,
        renormalize: bool | None = None,
        balance_rate: float = 0.0,
    ) -> None:
        super().__init__(
            n_experts, dim=dim, top_k=top_k, renormalize=renormalize, balance_rate=balance_rate
        )
        if transform not in TRANSFORMS:
            raise UnknownName("transform of gate 'modified_softmax'", str(transform), TRANSFORMS)
        self.transform = transform
        self.offset = None if dim is None else nn.Parameter(torch.zeros(n_experts))

    def logits(self, x: Tensor) -> Tensor:
        """Return `β1ᵀ M(x) + β0`, `(T, E)`."""
        assert self.weight is not None, "a gate without dim has no logits of its own"
        assert self.offset is not None
        return super().logits(TRANSFORMS[self.transform](x.to(self.weight.dtype))) + self.offset

    def reset(self) -> None:
        """Draw β1 anew, and let β0 be zero."""
        super().reset()
        offset: nn.Parameter | None = getattr(self, "offset", None)  # not yet in the constructor
        if offset is not None:
            nn.init.zeros_(offset)
