"""Tuned settings as data: per suite and algorithm, and recipes that also say for how long.

`"auto"`, a suite's name, `"default"` and `"sb3"` choose settings of an algorithm. A recipe, which
is `"fast"` or `"text2reward"`, also chooses the algorithm, the horizon, the number of steps and
when to evaluate, each only where its user did not; see docs/recipes.md for the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import signature
from typing import Any

from rewardlab.envs.tasks import SUITES, Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import UnknownName, UsageError
from rewardlab.training.algorithms import algorithm


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
}
"""By suite, then algorithm; a suite without an entry takes that of `"default"`."""

DEFAULT_ALGORITHM = "ppo"
"""What `algo="auto"` means without a recipe: on a CPU it learns most per second."""

SB3 = "sb3"
"""Name of the preset that changes nothing of SB3's defaults."""


def preset(name: str, task: Task, algo: str = "auto") -> tuple[str, str, Preset]:
    """Return the name of a preset, the algorithm and its settings.

    Args:
        name: `"auto"` for the suite's, a suite's name, `"default"`, `"sb3"`, or a recipe's.
        task: The task.
        algo: Algorithm; `"auto"` for the recipe's, or PPO. With another one than the recipe's,
            horizon, steps and evaluations stay the recipe's and the rest is the suite's.

    Raises:
        UnknownName: No preset, or no algorithm, of that name.
        MissingExtra: The algorithm's package is not installed.
        UsageError: The recipe has nothing to say about the task.
    """
    from rewardlab.training.recipes import RECIPES

    algo = algo if algo == "auto" else algorithm(algo).name
    if name in RECIPES:
        recipe = RECIPES[name](task.id)
        if recipe is None:
            raise UsageError(
                f"no settings of the preset {name} are known for {task.id}: use another preset, "
                "e.g. fast"
            )
        if algo in ("auto", recipe.algo):
            return name, recipe.algo, recipe
        own, _, settings = preset("auto", task, algo)
        return own, algo, _scheduled(settings, recipe)
    algo = DEFAULT_ALGORITHM if algo == "auto" else algo
    if name == "auto":
        name = task.suite if algo in PRESETS.get(task.suite, {}) else "default"
    if name == SB3:
        return name, algo, Preset()
    if name not in PRESETS:
        raise UnknownName("preset", name, ["auto", *RECIPES, *PRESETS, SB3])
    found = PRESETS[name].get(algo)
    return (name, algo, found) if found else ("default", algo, PRESETS["default"][algo])


def fitted(task: Task, name: str, algo: str = "auto") -> Task:
    """Return a task with the horizon that a preset trains at, unless its user chose one."""
    horizon = preset(name, task, algo)[2].horizon
    suite = SUITES.get(task.suite)
    if horizon is None or "horizon" in task.options or suite is None:
        return task
    if "horizon" not in signature(import_module(suite.module).build).parameters:
        return task
    return task if horizon == task.horizon else get_task(task.id, **task.options, horizon=horizon)


def _scheduled(settings: Preset, recipe: Preset) -> Preset:
    """Return settings with the length and the evaluations of a recipe."""
    return replace(
        settings,
        horizon=recipe.horizon,
        n_timesteps=recipe.n_timesteps,
        eval_freq=recipe.eval_freq,
        eval_episodes=recipe.eval_episodes,
        until_success=recipe.until_success,
        pool=recipe.pool,
    )
