"""Which settings a run takes: found by the name of a preset or recipe, the task and the algorithm.

`"auto"`, a suite's name, `"default"` and `"sb3"` choose settings of an algorithm. A recipe, which
is `"fast"` or `"text2reward"`, also chooses the algorithm, the horizon, the number of steps and
when to evaluate, each only where its user did not; see docs/recipes.md for the reasons.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from inspect import signature

from rewardlab.envs.tasks import SUITES, Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import UnknownName, UsageError
from rewardlab.training.algorithms import algorithm
from rewardlab.training.presets import PRESETS, Preset
from rewardlab.training.recipes import RECIPES

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
