"""What all policies with mixtures of experts have in common."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import gymnasium as gym
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.torch_layers import FlattenExtractor
from torch import nn
from torch.optim import Adam, Optimizer

from rewardlab.errors import Caution, UsageError
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.sb3.adam import MoeAdam
from rewardlab.policies.sb3.network import Blueprint
from rewardlab.policies.sb3.options import MoeOptions, read_options
from rewardlab.policies.sb3.pretrained import Expert, check_fit
from rewardlab.policies.spawn import is_due, spawn


class MoePolicy(BasePolicy):
    """A policy of Stable-Baselines3 in whose networks one layer is a mixture of experts.

    `policy="MoePolicy"` and `policy_kwargs=dict(moe=dict(gate=…, n_experts=…, top_k=…, …))` work
    in PPO, A2C, SAC, TD3 and DQN once `rewardlab.policies` is imported; each algorithm has its own
    subclass. What `moe` may say: `read_options`.

    Whatever changes a gate over training (temperatures, thresholds, biases, spawning) changes in
    `set_moe_progress` alone, which `MoeCallback` calls between an update and the next rollout, so
    that the policy is one function from a rollout to the end of its update.

    Args:
        *args: Of the SB3 policy that the subclass extends.
        moe: The mixture, see `read_options`.
        **kwargs: Of that SB3 policy.

    Raises:
        UsageError: `moe` asks for something that does not exist, or cannot act.
    """

    family: ClassVar[type[BasePolicy]]
    """SB3's policy that it extends."""
    optimizer_defaults: ClassVar[Mapping[str, Any]] = {}
    """What SB3 gives its Adam where `optimizer_kwargs` say nothing."""
    moe: MoeOptions
    activation_fn: type[nn.Module]

    def __init__(self, *args: Any, moe: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.moe = read_options(moe)
        self._moe_progressed = False
        _check_observations(args[0] if args else kwargs["observation_space"], kwargs)
        if self.moe.experts:
            spaces = dict(zip(("observation_space", "action_space"), args, strict=False)) | kwargs
            observation, action = spaces["observation_space"], spaces["action_space"]
            check_fit(self.moe.experts, self.family, observation, action)
            if kwargs.get("features_extractor_class", FlattenExtractor) is not FlattenExtractor:
                raise UsageError(
                    "experts see observations with their own features extractors: leave "
                    "features_extractor_class out"
                )
        if kwargs.get("optimizer_class", Adam) is Adam:
            # fused: one pass over parameters, of which a mixture has many, in half the plain time
            own = kwargs.get("optimizer_kwargs")
            own = self.optimizer_defaults if own is None else own
            kwargs |= {"optimizer_class": MoeAdam, "optimizer_kwargs": {"fused": True, **own}}
        super().__init__(*args, **kwargs)

    @staticmethod
    def from_experts(
        experts: Sequence[Any], *, frozen: bool = True, **options: Any
    ) -> Callable[..., MoePolicy]:
        """Return the policy whose actor mixes trained policies: `y = Σ_e w_e π_e(s)`.

        ```
        policy = MoePolicy.from_experts([run_1, run_2])
        PPO(policy, env).learn(100_000, callback=MoeCallback())
        ```
        Means or logits of actions are mixed, Q-values in DQN. Each expert treats observations as
        the `VecNormalize` that it was trained with did, so the new environment must not normalise
        them. The gate is new, and so is the critic, a dense network unless `critic=dict(…)` says
        more. PPO and A2C begin with the experts' mean standard deviation.

        Args:
            experts: Models of SB3 (of one algorithm, or of PPO and A2C), policies that were saved,
                or runs of rewardlab.
            frozen: Whether they stay as they are; else they go on learning with the gate.
            **options: Of `MoELayer` and its gate; by default a softmax over all experts.

        Raises:
            UsageError: Experts that cannot be mixed, or something that does not exist. Spaces are
                compared when the policy is built.
        """
        read = read_options({"experts": experts, "frozen": frozen, **options})
        family = read.experts[0].family
        made = next(cls for cls in MoePolicy.__subclasses__() if family in cls.__bases__)
        first = read.experts[0]
        check_fit(read.experts, family, first.observation_space, first.action_space)
        policy = functools.partial(made, moe=read.given)
        return functools.update_wrapper(policy, made, updated=())  # SB3 asks for its name

    def set_moe_progress(self, fraction: float) -> None:
        """Let gates go on to a fraction of training done: schedules, thresholds, spawning.

        Args:
            fraction: From 0 to 1.
        """
        self._moe_progressed = True
        fraction = min(max(fraction, 0.0), 1.0)
        for network, target, optimizer in self._networks():
            copies = [] if target is None else list(moe_layers(target))
            for i, layer in enumerate(moe_layers(network)):
                if is_due(layer, fraction):
                    spawn(layer, optimizer=optimizer, targets=copies[i : i + 1])
                layer.advance(fraction)

    def set_training_mode(self, mode: bool) -> None:
        """As SB3's; the first update without `set_moe_progress` warns, if a gate needs it."""
        if mode and not self._moe_progressed:
            self._moe_progressed = True
            if waiting := {layer.gate.name for layer in moe_layers(self) if layer.scheduled}:
                warnings.warn(
                    f"gate {' and '.join(sorted(waiting))} stays as it began: training does not "
                    "tell it how far it is; use learn(…, callback=MoeCallback())",
                    Caution,
                    stacklevel=2,
                )
        super().set_training_mode(mode)

    def _networks(self) -> Iterator[tuple[nn.Module, nn.Module | None, Optimizer]]:
        """Yield each network with its target, if it has one, and its optimizer."""
        raise NotImplementedError

    def _blueprint(self, part: str, algorithm: str, *, init: str = "kaiming") -> Blueprint:
        """Return how a part is built; only critics of SAC and TD3 may look at batch mates."""
        return Blueprint(
            place=self.moe.place,
            layer=getattr(self.moe, part),
            activation=self.activation_fn,
            init=init,
            alone=part == "actor" or algorithm == "PPO or A2C",
            noisy=algorithm != "PPO or A2C",
            name=f"the {part} of {algorithm}",
            experts=self.moe.experts if part == "actor" else (),
            frozen=self.moe.frozen,
        )

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return {**super()._get_constructor_parameters(), "moe": dict(self.moe.given)}


def _check_observations(space: gym.Space[Any], kwargs: Mapping[str, Any]) -> None:
    """Refuse dictionaries that nobody makes one array of."""
    default = kwargs.get("features_extractor_class", FlattenExtractor) is FlattenExtractor
    if isinstance(space, gym.spaces.Dict) and default:
        raise UsageError(
            "observations are a dictionary: give policy_kwargs "
            "dict(features_extractor_class=CombinedExtractor, moe=…)"
        )


def moe_layers(module: nn.Module) -> Iterator[MoELayer]:
    """Yield the mixtures within a module in a fixed order, but for those of frozen experts."""
    frozen = {
        id(part)
        for found in module.modules()
        if isinstance(found, Expert) and found.frozen
        for part in found.modules()
    }
    for part in module.modules():
        if isinstance(part, MoELayer) and id(part) not in frozen:
            yield part
