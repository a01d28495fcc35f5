"""Whole recipes per task: the paper's, and ours. docs/recipes.md gives the reason of each setting.

Text2Reward's are the settings of its paper and release (arXiv 2309.11489, SB3 1.8) as far as they
were published: for the 17 manipulation tasks and stack-cube. Locomotion has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rewardlab.training.presets import PRESETS, Preset

_METAWORLD = Preset(
    {
        "learning_rate": 3e-4,
        "gamma": 0.99,
        "batch_size": 512,
        "tau": 0.005,
        "target_update_interval": 2,
        "learning_starts": 4_000,
        "ent_coef": "auto_0.1",
    },
    {"net_arch": [256, 256, 256]},
    algo="sac",
    horizon=500,
    n_timesteps=1_000_000,
    eval_freq=16_000,
)
_LIFT = Preset(
    {"gamma": 0.85, "n_steps": 400, "batch_size": 400, "n_epochs": 15, "target_kl": 0.05},
    {"net_arch": [256, 256]},
    algo="ppo",
    horizon=100,
    n_timesteps=2_000_000,
    eval_freq=12_800,
)
_MOVE = Preset(
    {
        "gamma": 0.95,
        "batch_size": 1_024,
        "learning_starts": 4_000,
        "ent_coef": "auto_0.2",
        "train_freq": 8,
        "gradient_steps": 4,
    },
    {"net_arch": [256, 256]},
    algo="sac",
    horizon=200,
    n_timesteps=4_000_000,
    eval_freq=16_000,
)
_LONG = replace(_MOVE, n_timesteps=8_000_000)

TEXT2REWARD: Mapping[str, Preset] = {
    **{
        f"metaworld/{name}": _METAWORLD
        for name in (
            *("window-open", "window-close", "door-close", "drawer-open", "drawer-close"),
            *("door-unlock", "sweep-into", "button-press", "handle-press", "handle-press-side"),
            "handle-pull",
        )
    },
    "tabletop/lift-cube": _LIFT,
    "tabletop/pick-cube": replace(_LIFT, n_timesteps=4_000_000),
    "tabletop/stack-cube": _LONG,
    "tabletop/turn-faucet": _MOVE,
    "tabletop/open-cabinet-door": _LONG,
    "tabletop/open-cabinet-drawer": _MOVE,
    "tabletop/push-chair": _LONG,
}
"""The paper's settings by task id, unchanged; handle-pull gets those of the other ten."""


def _fast(suite: str, algo: str = "ppo", **changes: Any) -> Preset:
    """Return the suite's own preset as a recipe; `n_steps` keeps the size of a rollout."""
    schedule = {"eval_freq": 10_000, "eval_episodes": 20, "until_success": 0.95, "pool": True}
    own = PRESETS[suite][algo]
    n_envs = changes.get("n_envs", own.n_envs)
    rollout = {"n_steps": own.hyperparameters["n_steps"] * own.n_envs // n_envs}
    settings = {**own.hyperparameters, **rollout}
    return replace(own, algo=algo, hyperparameters=settings, **{**schedule, **changes})


FAST_SUITES: Mapping[str, Preset] = {
    "metaworld": _fast("metaworld", n_envs=16, n_timesteps=300_000),
    "tabletop": _fast("tabletop", n_timesteps=500_000, eval_freq=25_000),
    "locomotion": _fast("locomotion", n_timesteps=500_000, eval_freq=25_000),
}
_MOBILE = replace(
    FAST_SUITES["tabletop"],
    hyperparameters={
        "n_steps": 96,
        "batch_size": 384,
        "gamma": 0.95,
        "learning_rate": 5e-4,
        "target_kl": 0.05,
    },
    policy_kwargs={"log_std_init": -1.6, "net_arch": [128, 128]},
    n_envs=16,
    n_timesteps=700_000,
)
_CHAIR = replace(  # 18 actions: larger batches, of whole episodes
    _MOBILE,
    hyperparameters={
        "n_steps": 200,
        "batch_size": 400,
        "gamma": 0.95,
        "learning_rate": 6e-4,
        "target_kl": 0.1,
    },
    policy_kwargs={"log_std_init": -1.3, "net_arch": [128, 128]},
    n_envs=10,
)
_WIDE = replace(
    FAST_SUITES["locomotion"],
    hyperparameters={
        **PRESETS["locomotion"]["ppo"].hyperparameters,
        "batch_size": 512,
    },
    n_envs=16,
)
_FLIP = replace(  # a flip takes a second: noise enough to find one, gamma to see its end
    _WIDE,
    hyperparameters={**_WIDE.hyperparameters, "gamma": 0.995},
    policy_kwargs={"log_std_init": 0.0, "net_arch": [64, 64]},
    horizon=150,
)
_KIP = replace(  # smooth noise: a front flip begins with torques that last for a fifth of a second
    _WIDE,
    hyperparameters={
        **_WIDE.hyperparameters,
        "n_steps": 128,
        "use_sde": True,
        "sde_sample_freq": 25,
    },
    policy_kwargs={"log_std_init": -1.0, "net_arch": [64, 64]},
    horizon=200,
)
_WALK = replace(  # a stride pays within a second; ten seconds of walking are judged
    _WIDE,
    hyperparameters={
        **_WIDE.hyperparameters,
        "n_epochs": 8,
        "gamma": 0.98,
        "learning_rate": 4e-4,
    },
    horizon=300,
    n_timesteps=1_000_000,
)
_CARRY = replace(  # places differ between episodes: short ones, of many environments, show many
    FAST_SUITES["tabletop"],
    hyperparameters={
        **{"n_steps": 64, "batch_size": 512, "n_epochs": 8, "gamma": 0.95},
        **{"learning_rate": 5e-4, "target_kl": 0.03},
    },
    n_envs=32,
    horizon=50,
    n_timesteps=700_000,
)
FAST_TASKS: Mapping[str, Preset] = {
    "tabletop/open-cabinet-door": _MOBILE,
    "tabletop/open-cabinet-drawer": _MOBILE,
    "tabletop/push-chair": _CHAIR,
    "tabletop/pick-cube": _CARRY,
    "tabletop/stack-cube": replace(_CARRY, n_timesteps=1_000_000),
    "locomotion/ant-forward": _WALK,
    "locomotion/ant-wave-leg": _WIDE,
    "locomotion/hopper-back-flip": _FLIP,
    "locomotion/hopper-front-flip": _KIP,
}
"""Tasks that need something else than the rest of their suite."""


def _ours(task_id: str) -> Preset | None:
    suite = task_id.partition("/")[0]
    return FAST_TASKS.get(task_id) or FAST_SUITES.get(suite)


RECIPES: Mapping[str, Callable[[str], Preset | None]] = {
    "fast": _ours,
    "text2reward": TEXT2REWARD.get,
}
"""By name: the recipe of a task id, or `None`."""
