"""All experts of a layer in stacked tensors, initialised expert by expert."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from rewardlab.errors import UnknownName

Init = Literal["orthogonal", "kaiming"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky_relu": nn.LeakyReLU,
}


def activation(kind: str | type[nn.Module]) -> nn.Module:
    """Return the activation of that name or class."""
    if not isinstance(kind, str):
        return kind()
    if kind not in ACTIVATIONS:
        raise UnknownName("activation", kind, ACTIVATIONS)
    return ACTIVATIONS[kind]()


class Experts(nn.Module):
    """`E` networks of one shape, `f_e(x) = φ(x A_eᵀ + a_e) B_e + b_e` or `x B_e + b_e`.

    `A (E, h, d)` and `B (E, h, o)` are stored so that one expert is contiguous and all of them side
    by side are views: `A` as `(E h, d)`, `B` as `(E h, o)`.

    `size` is the multiply-adds of one expert for one token.

    Args:
        n: Number of experts `E`.
        dim: Width `d` of a token.
        out_dim: Width `o` of an output.
        hidden: Width `h` of an expert's hidden layer, or `None` for one linear layer.
        act: `φ`.
        init: `orthogonal` (gain √2, biases 0: on-policy algorithms) or `kaiming` (uniform with
            a = √5, as `nn.Linear`: off-policy ones). `nn.init` on the stacked tensors would take
            the wrong fans.
    """

    def __init__(
        self,
        n: int,
        dim: int,
        out_dim: int,
        *,
        hidden: int | None = None,
        act: str | type[nn.Module] = "relu",
        init: Init = "orthogonal",
    ) -> None:
        super().__init__()
        if init not in ("orthogonal", "kaiming"):
            raise UnknownName("initialisation", init, ("orthogonal", "kaiming"))
        self.n, self.dim, self.out_dim, self.hidden = n, dim, out_dim, hidden
        self.init = init
        self.size = dim * out_dim if hidden is None else hidden * (dim + out_dim)
        self.act = activation(act)
        wide = dim if hidden is None else hidden
        self.A = None if hidden is None else nn.Parameter(torch.empty(n, hidden, dim))
        self.a = None if hidden is None else nn.Parameter(torch.empty(n, hidden))
        self.B = nn.Parameter(torch.empty(n, wide, out_dim))
        self.b = nn.Parameter(torch.empty(n, out_dim))
        self.reset()

    @property
    def aligned(self) -> bool:
        """Whether `F.grouped_mm` takes the weights as they are: single precision, rows of 16 B."""
        widths = (self.dim, self.out_dim, self.hidden or self.dim)
        return self.B.dtype == torch.float32 and all(width % 4 == 0 for width in widths)

    @torch.no_grad()
    def reset(self) -> None:
        """Draw every expert anew, each with its own fans."""
        for e in range(self.n):
            if self.A is not None and self.a is not None:
                _fill(self.A[e].t(), self.a[e], self.init)
            _fill(self.B[e], self.b[e], self.init)

    def extra_repr(self) -> str:
        """Return the shape in one line."""
        return f"n={self.n}, dim={self.dim}, hidden={self.hidden}, out_dim={self.out_dim}"


def _fill(weight: Tensor, bias: Tensor, init: Init) -> None:
    """Initialise one expert's `weight (in, out)` and `bias (out,)` in place."""
    linear = torch.empty(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    if init == "orthogonal":
        nn.init.orthogonal_(linear, gain=math.sqrt(2))
        bias.zero_()
    else:
        nn.init.kaiming_uniform_(linear, a=math.sqrt(5))
        bound = 1 / math.sqrt(weight.shape[0])
        bias.uniform_(-bound, bound)
    weight.copy_(linear.T)
