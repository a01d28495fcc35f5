"""How a policy that learned from a reward would do by another: one Adam step, differentiated.

The step that Zheng, Oh, Singh, *On Learning Intrinsic Rewards for Policy Gradient Methods*
(NeurIPS 2018) take their gradient through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]
Params: TypeAlias = Mapping[str, torch.Tensor]
LogProb: TypeAlias = Callable[[Params, Any, torch.Tensor], torch.Tensor]
"""log π(a|s) `(B,)` of parameters, observations and actions."""


class Moments(NamedTuple):
    """What Adam remembers of past gradients: their mean, that of their squares, how many."""

    mean: Params
    square: Params
    n_steps: int


class Batch(NamedTuple):
    """Steps that the inner and the outer objective are estimated from.

    Attributes:
        obs: `(B, …)` observations as the policy takes them.
        actions: `(B, …)`.
        log_prob: `(B,)` of the policy that took them.
        inner: `(B,)` advantages of the rewards that the policy learns from.
        outer: `(B,)` advantages of those that count.
    """

    obs: Any
    actions: torch.Tensor
    log_prob: torch.Tensor
    inner: torch.Tensor
    outer: torch.Tensor


class MetaStep(NamedTuple):
    """What a policy step does, and what it does to the outer objective.

    Attributes:
        params: θ′, detached.
        moments: After the step, detached.
        objective: The outer objective at θ′.
        gradient: `(B,)` its derivative by the inner advantages.
    """

    params: Params
    moments: Moments
    objective: float
    gradient: torch.Tensor


def no_moments(params: Params) -> Moments:
    """Return what Adam knows before its first step."""
    zeros = {name: torch.zeros_like(value) for name, value in params.items()}
    return Moments(zeros, zeros, 0)


def adam_ascent(
    params: Params, gradient: Params, moments: Moments, *, lr: float, eps: float = 1e-5
) -> tuple[Params, Moments]:
    """Return parameters and moments after one step uphill, differentiable by the gradient.

    θ′ = θ + α·m̂/(√v̂ + ε), m ← .9 m + .1 g, v ← .999 v + .001 g² (Kingma, Ba 2015). The square root
    is that of v̂ + 1e-24, which has a derivative where a gradient never was.
    """
    n_steps = moments.n_steps + 1
    moved, means, squares = {}, {}, {}
    for name, value in params.items():
        mean = 0.9 * moments.mean[name] + 0.1 * gradient[name]
        square = 0.999 * moments.square[name] + 0.001 * gradient[name] ** 2
        root = torch.sqrt(square / (1.0 - 0.999**n_steps) + 1e-24)
        moved[name] = value + lr * mean / (1.0 - 0.9**n_steps) / (root + eps)
        means[name], squares[name] = mean, square
    return moved, Moments(means, squares, n_steps)


def objective(
    log_prob: torch.Tensor, batch: Batch, advantages: torch.Tensor, clip: float
) -> torch.Tensor:
    """Return PPO's clipped objective, with advantages normalised over the batch."""
    ratio = torch.exp(log_prob - batch.log_prob)
    scaled = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
    return torch.min(ratio * scaled, ratio.clamp(1.0 - clip, 1.0 + clip) * scaled).mean()


def meta_step(
    log_prob: LogProb, params: Params, moments: Moments, batch: Batch, *, lr: float, clip: float
) -> MetaStep:
    """Let the policy learn from the inner advantages; differentiate what the outer ones gain.

    θ′ = θ + α∇J_inner(θ); ∂J_outer(θ′)/∂A_inner through that step, both by the same batch.
    """
    theta = {name: value.detach().requires_grad_() for name, value in params.items()}
    inner = batch.inner.detach().requires_grad_()
    gained = objective(log_prob(theta, batch.obs, batch.actions), batch, inner, clip)
    found = torch.autograd.grad(gained, list(theta.values()), create_graph=True)
    gradient = dict(zip(theta, found, strict=True))
    moved, after = adam_ascent(theta, gradient, moments, lr=lr)
    outer = objective(log_prob(moved, batch.obs, batch.actions), batch, batch.outer, clip)
    (by_inner,) = torch.autograd.grad(outer, inner)
    return MetaStep(
        _detached(moved),
        Moments(_detached(after.mean), _detached(after.square), after.n_steps),
        outer.item(),
        by_inner,
    )


def sums_ahead(values: Array, decay: Array) -> Array:
    """Return y `(E, T)` with y_t = x_t + d_t·y_{t+1}: GAE's sums, a linear map of x.

    Args:
        values: `(E, T)` x.
        decay: `(E, T)` d: γλ where the episode goes on after a step, else 0; 0 in the last column.
    """
    pairs = zip(values.ravel()[::-1].tolist(), decay.ravel()[::-1].tolist(), strict=True)
    return np.flip(_accumulated(pairs, values.shape))


def sums_behind(values: Array, decay: Array) -> Array:
    """Return the transposed map of `sums_ahead`: y_t = x_t + d_{t−1}·y_{t−1}."""
    pairs = zip(values.ravel().tolist(), np.roll(decay.ravel(), 1).tolist(), strict=True)
    return _accumulated(pairs, values.shape)


def _accumulated(pairs: Any, shape: tuple[int, ...]) -> Array:
    sums = accumulate(pairs, lambda total, pair: pair[0] + pair[1] * total, initial=0.0)
    return np.fromiter(sums, np.float64)[1:].reshape(shape)


def _detached(params: Params) -> Params:
    return {name: value.detach() for name, value in params.items()}
