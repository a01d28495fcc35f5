"""The shaper of a run: checked before the run is made, built again whenever it goes on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from rewardlab.envs.tasks import Task
from rewardlab.errors import Caution, ConfigError, ShaperFault, UsageError
from rewardlab.shapers.base import Shaper
from rewardlab.shapers.registry import make
from rewardlab.training.algorithms import algorithm, check_actions, known_discount
from rewardlab.training.run import Run


def check(
    shaper: Shaper | str | None,
    options: Mapping[str, Any] | None,
    task: Task,
    *,
    algo: str,
    hyperparameters: Mapping[str, Any],
    n_envs: int,
) -> None:
    """Refuse a shaper that a run could not be trained with.

    One that is named is built, and tried on the task's spaces, as training will do it.

    Args:
        shaper: The shaper or its name; `None` and `""` for none.
        options: Options of a named one.
        task: The task.
        algo: The algorithm.
        hyperparameters: Its arguments.
        n_envs: Environments stepped together.

    Raises:
        UsageError: It does not fit; the message says why.
    """
    if options and not (shaper and isinstance(shaper, str)):
        keys = ", ".join(map(str, options))
        raise UsageError(f"options of a shaper ({keys}) need its name, e.g. shaper='explors'")
    if not shaper:
        return
    # these import gymnasium and SB3, which most runs are prepared without
    from rewardlab.training.checked import Checked, check_gamma, check_spaces

    named = isinstance(shaper, str)
    made = make(shaper, options, task) if isinstance(shaper, str) else shaper
    if "on_policy" in made.needs and not algorithm(algo).on_policy:
        raise UsageError(
            f"{type(made).__name__} needs an on-policy algorithm: use ppo or a2c, not {algo}"
        )
    gamma = known_discount(hyperparameters)
    if named and made.gamma not in (None, gamma):
        raise UsageError(
            f"{type(made).__name__} assumes gamma {made.gamma}, the algorithm uses {gamma}: give "
            f"--shaper-option gamma={gamma}, or gamma: {made.gamma} as a hyperparameter"
        )
    check_gamma(made, gamma)
    if not named and not made.needs & {"discrete_obs", "discrete_actions"}:
        return
    env = task.make(seed=0, render_mode=None, native_reward=False)
    try:
        check_actions(algorithm(algo), env.action_space, task.id)
        check_spaces(made, env)
        if named:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Caution)  # training itself will say it
                Checked(made).bind(env, gamma=gamma, n_envs=n_envs, seed=0)
    except ShaperFault as fault:
        raise ConfigError(f"the shaper {shaper} cannot be set up so: {fault}") from fault
    finally:
        env.close()
        if named:
            made.close()


def shaper_of(run: Run, task: Task, given: Shaper | str | None = None) -> Shaper | None:
    """Return the shaper that a run is trained with, `None` if it has none.

    Args:
        run: The run.
        task: Its task.
        given: As for `check_same`.

    Raises:
        UsageError: It is not the one that the run was made with, or cannot be built any more.
    """
    check_same(run, given)
    config = run.config
    if config.shaper:
        return make(config.shaper, config.shaper_options, task)
    return None if isinstance(given, str) else given


def check_same(run: Run, given: Shaper | str | None) -> None:
    """Refuse another shaper than the one that a run was made with.

    Args:
        run: The run.
        given: The shaper, where it is an object of its user's; a name need not be given again.

    Raises:
        UsageError: Another one is given, or none where one must be.
    """
    was, named = run.record.get("shaper"), bool(run.config.shaper)
    if not given:
        if was and not named:
            raise UsageError(f"run {run.id} was made with the shaper {was}: pass it as shaper=…")
        return
    kind = given if isinstance(given, str) else type(given).__name__
    if was != kind or named != isinstance(given, str):
        name = given if isinstance(given, str) else f"a {type(given).__name__}"
        began = f"with the shaper {was}" if was else "without a shaper"
        raise UsageError(
            f"run {run.id} goes on as it began, {began}, not with {name}: leave that out, or start "
            "a new run"
        )
