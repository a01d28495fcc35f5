"""Several tokens per state: groups of an observation, or chunks of a hidden vector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from rewardlab.errors import UsageError


def widths(dim: int, n_tokens: int = 1, groups: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return how wide the tokens of a vector of width `dim` are.

    Raises:
        UsageError: They do not add up to it.
    """
    for name, number in [("n_tokens", n_tokens), *(("groups", width) for width in groups or ())]:
        if number < 1:
            raise UsageError(f"{name} are whole numbers from 1 on, got {number}")
    if groups is None:
        if dim % n_tokens:
            raise UsageError(
                f"a vector of width {dim} cannot be cut into n_tokens = {n_tokens} of equal width; "
                "give groups=[…], the widths"
            )
        return (dim // n_tokens,) * n_tokens
    if sum(groups) != dim:
        raise UsageError(
            f"groups {list(groups)} add up to {sum(groups)}, but the vector they cut is {dim} wide"
        )
    return tuple(groups)


def cut(x: Tensor, widths: Sequence[int]) -> Tensor:
    """Return tokens `(B, m, w)` of vectors `(B, d)`; narrow ones are padded with zeros."""
    wide = max(widths)
    if min(widths) == wide:
        return x.reshape(len(x), len(widths), wide)
    parts = x.split_with_sizes(list(widths), dim=-1)
    return torch.stack([pad(part, (0, wide - part.shape[-1])) for part in parts], dim=1)
