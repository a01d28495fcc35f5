"""How long a run is, and when it is looked at: what its user says, else the preset, else a rule."""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.training.algorithms import algorithm
from rewardlab.training.presets import Preset


class Length(NamedTuple):
    """Fields of `RunConfig`; all but the last also stand for what the user left open (`None`)."""

    n_timesteps: int | None
    n_envs: int | None
    eval_freq: int | None
    eval_episodes: int | None
    until_success: float | None
    checkpoint_freq: int | None

    def settled(self, chosen: Preset, task: Task, algo: str) -> Length:
        """Return it with everything said.

        Args:
            chosen: The preset.
            task: The task.
            algo: The algorithm.

        Raises:
            UsageError: Something is out of range, or nobody says how many steps.
        """
        steps = at_least(1, n_timesteps=_steps(self.n_timesteps, chosen))
        n_envs = at_least(1, n_envs=_first(self.n_envs, chosen.n_envs))
        episodes = at_least(1, eval_episodes=_first(self.eval_episodes, chosen.eval_episodes))
        rule = max(steps // 10, 2 * episodes * task.horizon)
        eval_freq = at_least(0, eval_freq=_first(self.eval_freq, chosen.eval_freq, rule))
        most = 50_000 if algorithm(algo).on_policy else 20_000
        rule = max(min(steps // 10, most), 2 * n_envs * task.horizon)
        checkpoint_freq = at_least(0, checkpoint_freq=_first(self.checkpoint_freq, rule))
        until = _until(self.until_success, chosen, task, eval_freq)
        return Length(steps, n_envs, eval_freq, episodes, until, checkpoint_freq)


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _steps(asked: int | None, chosen: Preset) -> int:
    steps = _first(asked, chosen.n_timesteps)
    if steps is None:
        raise UsageError("say how long to train, in steps: the preset does not (n_timesteps)")
    return steps


def _until(asked: float | None, chosen: Preset, task: Task, eval_freq: int) -> float:
    signal = task.success is not None or task.success_program is not None
    if asked is None:
        return chosen.until_success if signal and eval_freq else 0.0
    if not 0.0 <= asked <= 1.0:
        raise UsageError(f"until_success is a share from 0 to 1, got {asked}")
    if asked and not signal:
        raise UsageError(f"{task.id} has no success signal: training cannot end at success")
    if asked and not eval_freq:
        raise UsageError("until_success needs evaluations: leave eval_freq=0 out")
    return asked


def at_least(least: int, **value: int | None) -> int:
    """Return a number, or raise `UsageError` with its name if it is too small."""
    ((name, number),) = value.items()
    if number is None or number < least:
        raise UsageError(f"{name} must be at least {least}, got {number}")
    return number
