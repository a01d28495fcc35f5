"""Tuned settings as data, per suite and algorithm; recipes say more, see `recipes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """Settings of one algorithm.

    Attributes:
        hyperparameters: Constructor arguments that differ from SB3's.
        policy_kwargs: Policy arguments that differ from SB3's.
        n_envs: Environments stepped together.
        normalize: Arguments of `VecNormalize`; `None` for none.
        algo: The algorithm; only recipes say it, and what follows.
        horizon: Steps per episode; `None` for the task's own.
        n_timesteps: Environment steps; `None` for what the user must say.
        eval_freq: Steps between evaluations; `None` for ten in a run.
        eval_episodes: Episodes of each.
        until_success: End at this share of success, twice in a row; 0 for never.
        pool: Use a faster engine where the task has one that is installed.
    """

    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    policy_kwargs: Mapping[str, Any] = field(default_factory=dict)
    n_envs: int = 8
    normalize: Mapping[str, Any] | None = None
    algo: str = ""
    horizon: int | None = None
    n_timesteps: int | None = None
    eval_freq: int | None = None
    eval_episodes: int = 10
    until_success: float = 0.0
    pool: bool = False


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
    "tabletop": {
        "ppo": Preset(
            {
                "n_steps": 128,
                "batch_size": 256,
                "n_epochs": 8,
                "gamma": 0.95,
                "learning_rate": 5e-4,
            },
            {"log_std_init": -1.0, "net_arch": [128, 128]},
            normalize=_BOTH,
        ),
        "sac": Preset({**_REPLAY, **_EIGHT, "gamma": 0.95, "ent_coef": "auto_0.2"}, _SMALL),
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
    "tabular": {  # states are numbers, and shapers that are exact must not be clipped
        "ppo": Preset({"n_steps": 256, "batch_size": 256, "gamma": 0.95}),
        "a2c": Preset({"n_steps": 16, "gamma": 0.95}),
    },
}
"""By suite, then algorithm; a suite without an entry takes that of `"default"`."""
