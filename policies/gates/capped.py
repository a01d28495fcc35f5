"""Expert Choice with a cap on the experts per token: a linear program with an entropy, rounded.

Experts are the rows and tokens the columns of every matrix here, `(E, n)`.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rewardlab.errors import UsageError
from rewardlab.policies.router import chosen, top_k

Rounding = Literal["topk", "greedy"]


class Assignment(NamedTuple):
    """A soft assignment of tokens to experts.

    Attributes:
        values: `A (E, n)` in [0, 1], float64.
        residual: `max_e |Σ_tokens A_e − k|` when the iteration stopped.
            Columns keep the cap about as closely.
        iterations: How many there were.
    """

    values: Tensor
    residual: float
    iterations: int


def check_feasible(n_experts: int, n: int, k: int, cap: int) -> None:
    """Raise where no assignment gives every expert k of n tokens with at most `cap` experts each.

    Raises:
        UsageError: `E k > n min(cap, E)` or `k > n`.
    """
    if k > n or n_experts * k > n * min(cap, n_experts):
        raise UsageError(
            f"capped expert choice: {n_experts} experts with {k} tokens each do not fit into "
            f"{n} tokens with at most {cap} experts each; raise cap, lower capacity_factor or use "
            "larger batches"
        )


def assign(
    scores: Tensor, k: int, cap: int, *, lam: float = 0.05, tol: float = 1e-3, max_iter: int = 2000
) -> Assignment:
    """Solve the capped assignment by Dykstra's algorithm in the log domain.

    ```
    max_A <S, A> + λ H(A)   s.t.  Σ_tokens A_e = k,  Σ_experts A_j ≤ b,  0 ≤ A ≤ 1
    X = S/λ; q2 = q3 = 0
    repeat:  X += log k − lse_tokens(X)
             Y = X + q2;  X = Y + min(0, log b − lse_experts(Y));  q2 = Y − X
             Y = X + q3;  X = min(Y, 0);                           q3 = Y − X
    ```

    Source: Zhou et al., *Mixture-of-Experts with Expert Choice Routing*, arXiv 2202.09368.
    Its λ = 0.001 and 100 iterations leave rows far from k even on small cases, so the
    defaults are others. Scores over λ reach ±1000: nothing is exponentiated before the end.

    Args:
        scores: `S (E, n)`.
        k: Tokens per expert.
        cap: `b`, most experts per token.
        lam: λ; smaller is closer to the linear program and converges later.
        tol: Residual that is small enough.
        max_iter: Iterations at most.

    Raises:
        UsageError: No assignment is feasible.
    """
    n_experts, n = scores.shape
    check_feasible(n_experts, n, k, cap)
    x = scores.detach().double() / lam
    q2 = q3 = torch.zeros_like(x)
    log_k, log_b = math.log(k), math.log(cap)
    for done in range(max_iter + 1):
        rows = x.logsumexp(dim=1, keepdim=True)
        residual = float((rows.exp() - k).abs().max()) if done else math.inf
        if residual < tol or done == max_iter:
            break
        y = x + (log_k - rows) + q2
        x = y + (log_b - y.logsumexp(dim=0, keepdim=True)).clamp_max(0)
        q2, y = y - x, x + q3
        x = y.clamp_max(0)
        q3 = y - x
    return Assignment(x.exp(), residual, done)


def rounded(values: Tensor, k: int, cap: int, how: Rounding = "greedy") -> Tensor:
    """Return the mask `(E, n)` of k tokens per expert that a soft assignment stands for.

    Args:
        values: `A (E, n)`.
        k: Tokens per expert.
        cap: Most experts per token.
        how: `"topk"` takes each row's largest entries, as published, and may break the cap even
            where A keeps it; `"greedy"` never does.
    """
    if how == "topk":
        return chosen(top_k(values, k), values.shape[1])
    mask = _greedy(values.detach().cpu().numpy(), k, cap)
    return torch.from_numpy(mask).to(values.device)


def _greedy(values: npt.NDArray[np.float64], k: int, cap: int) -> npt.NDArray[np.bool_]:
    """Take entries in descending order while row and column have room, then fill short rows."""
    n_experts, n = values.shape
    mask = np.zeros((n_experts, n), np.bool_)
    row_room, column_room = [k] * n_experts, [cap] * n
    for at in np.argsort(-values, axis=None, kind="stable").tolist():
        i, j = divmod(at, n)
        if row_room[i] and column_room[j]:
            mask[i, j] = True
            row_room[i] -= 1
            column_room[j] -= 1
    for i in range(n_experts):
        for _ in range(row_room[i]):
            _swap(values, mask, i, np.array(column_room) > 0, column_room)
    return mask


def _swap(
    values: npt.NDArray[np.float64],
    mask: npt.NDArray[np.bool_],
    i: int,
    free: npt.NDArray[np.bool_],
    column_room: list[int],
) -> None:
    """Give a short row i the token of another row, which takes a free one in return.

    Such a swap exists in every feasible case. Tokens that i lacks are full, so rows other than i
    that hold one number at least b; if none of them could take a free token, all would hold each
    of these, and with i they would be more than b.
    """
    given = np.where(mask & ~mask[i], values[i] - values, -np.inf)
    taken = np.where(~mask & free, values, -np.inf)
    given[i] = taken[i] = -np.inf
    other = int((given.max(axis=1) + taken.max(axis=1)).argmax())
    give, take = int(given[other].argmax()), int(taken[other].argmax())
    mask[other, give], mask[i, give], mask[other, take] = False, True, True
    column_room[take] -= 1
