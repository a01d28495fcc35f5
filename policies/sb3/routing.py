"""What the mixtures of a policy decide for given states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from rewardlab.policies.layer import MoELayer
from rewardlab.policies.router import RouterOutput
from rewardlab.policies.sb3.policy import MoePolicy, moe_layers

Obs = npt.NDArray[Any] | dict[str, npt.NDArray[Any]]
"""Observations `(N, …)` as a policy gets them; a dictionary of such for dictionary spaces."""


@dataclass(frozen=True, eq=False)
class Routing:
    """What one mixture decided for N states.

    Attributes:
        weights: `(N, E)`, over all tokens of a state.
        mask: `(N, E)` bool: experts that any token of a state uses.
        probs: `(T, E)`, the gate's probabilities for each token.
        notes: The gate's own numbers, and its running state.
    """

    weights: Tensor
    mask: Tensor
    probs: Tensor
    notes: Mapping[str, float]


def parts(policy: MoePolicy) -> dict[str, MoELayer]:
    """Return a policy's mixtures: `actor`, and `critic`, or `critic_0`, `critic_1` and so on."""
    found: dict[str, MoELayer] = {}
    for network, _, _ in policy._networks():
        paths = {id(module): path for path, module in network.named_modules()}
        for layer in moe_layers(network):
            name = _name(paths[id(layer)])
            again = sum(known.partition("__")[0] == name for known in found)
            found[f"{name}__{again + 1}" if again else name] = layer
    return found


@torch.no_grad()
def routing(
    policy: MoePolicy, obs: Obs, actions: npt.NDArray[Any] | None = None
) -> dict[str, Routing]:
    """Return what each mixture decides for states, as in evaluation: nothing is drawn by lot.

    Gates that look at batch mates, in critics, see the given states as one batch.

    Args:
        policy: The policy; it stays as it is.
        obs: `N` observations, normalised as in training.
        actions: What critics of SAC and TD3 judge `(N, a)`, scaled to [-1, 1]; by default what the
            policy does.
    """
    caught: dict[str, RouterOutput] = {}
    layers = parts(policy)
    hooks = [
        layer.gate.register_forward_hook(partial(_catch, caught, name))
        for name, layer in layers.items()
    ]
    try:
        with _evaluating(policy):
            _pass(policy, obs, actions)
    finally:
        for hook in hooks:
            hook.remove()
    n = len(next(iter(obs.values())) if isinstance(obs, dict) else obs)
    return {
        name: _of_states(layer, caught[name], n) for name, layer in layers.items() if name in caught
    }


def _name(path: str) -> str:
    for step in path.split("."):
        if step.startswith("qf"):
            return f"critic_{step.removeprefix('qf')}"
        if step == "value_net":
            return "critic"
    return "actor"


def _catch(
    caught: dict[str, RouterOutput], name: str, _: nn.Module, __: Any, out: RouterOutput
) -> None:
    caught[name] = out


def _pass(policy: Any, obs: Obs, actions: npt.NDArray[Any] | None) -> None:
    states, _ = policy.obs_to_tensor(obs)
    if isinstance(policy, ActorCriticPolicy):
        policy(states, deterministic=True)
        return
    does = policy._predict(states, deterministic=True)
    if getattr(policy, "critic", None) is not None:
        given = does if actions is None else torch.as_tensor(actions, device=policy.device)
        policy.critic(states, given)


@contextmanager
def _evaluating(policy: nn.Module) -> Iterator[None]:
    """Let modules such as batch norms learn nothing from what is only looked at."""
    before = [(module, module.training) for module in policy.modules()]
    policy.train(False)
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


def _of_states(layer: MoELayer, out: RouterOutput, n: int) -> Routing:
    shape = n, -1, layer.n_experts
    return Routing(
        weights=out.weights.reshape(shape).sum(1).cpu(),
        mask=out.mask.reshape(shape).any(1).cpu(),
        probs=out.probs.cpu(),
        notes={
            **{name: float(value) for name, value in out.notes.items()},
            **_running(layer.gate.state),
        },
    )


def _running(state: Mapping[str, Tensor]) -> dict[str, float]:
    """Return a gate's running state as numbers: of vectors the smallest and the largest."""
    found: dict[str, float] = {}
    for name, value in state.items():
        if value.dim() == 0:
            found[_SAID.get(name, name)] = float(value)
        else:
            found |= {f"{name}_min": float(value.min()), f"{name}_max": float(value.max())}
    return found


_SAID = {"tau": "temperature"}


def task_ids(obs: Obs, columns: int) -> Tensor:
    """Return the task of each state, of observations whose last columns are one-hot `(N,)`."""
    assert not isinstance(obs, dict)
    return torch.as_tensor(np.argmax(obs[:, -columns:], axis=1))
