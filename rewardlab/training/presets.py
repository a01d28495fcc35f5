"""Tuned settings per suite and algorithm, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rewardlab.errors import UnknownName


@dataclass(frozen=True)
class Preset:
    """Settings of one algorithm.

    Attributes:
        hyperparameters: Constructor arguments that differ from SB3's.
        policy_kwargs: Policy arguments that differ from SB3's.
        n_envs: Environments stepped together.
        normalize: Arguments of `VecNormalize`; `None` for none.
    """

    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    policy_kwargs: Mapping[str, Any] = field(default_factory=dict)
    n_envs: int = 8
    normalize: Mapping[str, Any] | None = None


_BOTH = {"norm_obs": True, "norm_reward": True}
_SMALL = {"net_arch": [128, 128]}  # one SAC update costs half of that of 2 x 256 on a CPU
_REPLAY = {"buffer_size": 300_000, "learning_starts": 2_000, "batch_size": 256}
_EIGHT = {"train_freq": 8, "gradient_steps": 8}  # 64 steps of 8 environments per 8 updates

PRESETS: dict[str, dict[str, Preset]] = {
    "default": {
        "ppo": Preset({"n_steps": 256, "batch_size": 256}, normalize=_BOTH),
        "a2c": Preset({"n_steps": 16}, normalize=_BOTH),
        "sac": Preset({**_REPLAY, **_EIGHT}, _SMALL),
        "td3": Preset({**_REPLAY, **_EIGHT, "action_noise": 0.1}, _SMALL),
        "dqn": Preset(
            {
                "learning_rate": 5e-4,
                "buffer_size": 100_000,
                "learning_starts": 1_000,
                "batch_size": 128,
                "target_update_interval": 1_000,
                "exploration_fraction": 0.2,
                "exploration_final_eps": 0.05,
            },
            {"net_arch": [128, 128]},
            n_envs=4,
        ),
        "tqc": Preset({**_REPLAY, **_EIGHT}, _SMALL),
        "crossq": Preset({**_REPLAY, **_EIGHT}),
    },
    "metaworld": {
        "ppo": Preset(
            {
                "n_steps": 256,
                "batch_size": 256,
                "gamma": 0.97,
                "learning_rate": 5e-4,
                "n_epochs": 10,
            },
            {"log_std_init": -0.5, "net_arch": [64, 64]},
            normalize=_BOTH,
        ),
        "sac": Preset({**_REPLAY, **_EIGHT, "gamma": 0.97, "ent_coef": "auto_0.1"}, _SMALL),
        "td3": Preset({**_REPLAY, **_EIGHT, "gamma": 0.97, "action_noise": 0.1}, _SMALL),
        "tqc": Preset({**_REPLAY, **_EIGHT, "gamma": 0.97, "ent_coef": "auto_0.1"}, _SMALL),
        "crossq": Preset({**_REPLAY, **_EIGHT, "gamma": 0.97}),
    },
    "locomotion": {
        "ppo": Preset(
            {
                "n_steps": 256,
                "batch_size": 256,
                "n_epochs": 5,
                "learning_rate": 3e-4,
                "gamma": 0.99,
                "gae_lambda": 0.95,
            },
            {"log_std_init": -0.5, "net_arch": [64, 64]},
            normalize=_BOTH,
        ),
    },
}
"""By suite, then algorithm; a suite without an entry takes that of `"default"`."""

DEFAULT_ALGORITHM = "ppo"
"""What `algo="auto"` means: on a CPU it learns most per second."""

SB3 = "sb3"
"""Name of the preset that changes nothing of SB3's defaults."""


def preset(name: str, suite: str, algo: str) -> tuple[str, Preset]:
    """Return a preset and its name.

    Args:
        name: `"auto"` for the suite's, a suite's name, `"default"`, or `"sb3"`.
        suite: Suite of the task.
        algo: Algorithm.

    Raises:
        UnknownName: No preset of that name.
    """
    if name == "auto":
        name = suite if algo in PRESETS.get(suite, {}) else "default"
    if name == SB3:
        return name, Preset()
    if name not in PRESETS:
        raise UnknownName("preset", name, ["auto", *PRESETS, SB3])
    found = PRESETS[name].get(algo)
    return (name, found) if found else ("default", PRESETS["default"][algo])
