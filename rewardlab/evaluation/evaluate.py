"""Measuring a trained policy by the task's own success."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rewardlab.config import check_seed
from rewardlab.errors import StorageError, UsageError
from rewardlab.evaluation.progress import episodes_shown
from rewardlab.evaluation.rollouts import Episodes, rollout
from rewardlab.evaluation.statistics import Interval, mean_interval
from rewardlab.store.files import read_json, write_json

if TYPE_CHECKING:
    from rewardlab.training.run import Run

SEED_OFFSET = 1_000_000
"""Added to a run's seed, so that evaluation sees other episodes than training."""
MAX_FILMED = 4
"""At most so many episodes are shown in a video."""


@dataclass(frozen=True)
class Evaluation:
    """How well a policy does its task.

    Attributes:
        run: Id of the run.
        checkpoint: Which of its policies.
        episodes: How many episodes, each with its own random goal.
        success: Share of episodes in which the task was solved at any step; `None` without signal.
        success_ci: Wilson's 95 % interval of it.
        return_mean: Mean return of the environment's own reward.
        return_ci: Bootstrap 95 % interval of it.
        length_mean: Mean length [steps].
        seed: Fixes the episodes.
        video: Name of the video in the run folder, if one was made.
    """

    run: str
    checkpoint: str
    episodes: int
    success: float | None
    success_ci: Interval | None
    return_mean: float
    return_ci: Interval
    length_mean: float
    seed: int
    video: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def evaluate(
    run: Run | str | Path,
    *,
    episodes: int = 20,
    seed: int | None = None,
    checkpoint: str = "final",
    video: bool = False,
    progress: bool = False,
) -> Evaluation:
    """Run a trained policy for `episodes` episodes with random goals; write `evaluation.json`.

    Args:
        run: A run with a trained policy, its folder or its id.
        episodes: How many episodes, at least 1.
        seed: Fixes the episodes; by default other ones than any of training.
        checkpoint: `"final"`, `"best"` or `"latest"`.
        video: Also write `video.mp4`, with the first of these episodes.
        progress: Show on stderr how far it is.

    Raises:
        UsageError: Fewer than one episode, or the run has no such policy.
        RenderError: A video is asked for and nothing can draw here.
    """
    from rewardlab.envs.tasks import task as get_task
    from rewardlab.evaluation.video import check_drawing, record
    from rewardlab.training.policies import load_policy
    from rewardlab.training.run import Run
    from rewardlab.training.venv import make_venv

    if episodes < 1:
        raise UsageError(f"episodes must be at least 1, got {episodes}")
    run = run if isinstance(run, Run) else Run.open(run)
    config = run.config
    task = get_task(config.task, **config.task_options)
    if video:
        check_drawing(task)
    seed = SEED_OFFSET + config.seed if seed is None else check_seed(seed)
    policy = load_policy(run, checkpoint)
    venv = make_venv(task, n_envs=min(episodes, config.n_envs), seed=seed, vec_env=config.vec_env)
    shown = episodes_shown(episodes) if progress else nullcontext()
    with closing(venv), shown as show:
        done = rollout(policy, venv, episodes=episodes, seed=seed, on_episode=show)
    result = summarise(done, run=run.id, checkpoint=checkpoint, seed=seed)
    write_json(run.path / "evaluation.json", result.to_json())  # kept, should filming fail
    if video:
        film, n = run.path / "video.mp4", min(episodes, MAX_FILMED)
        record(policy, task, film, goal=config.goal, seed=seed, episodes=n)
        result = replace(result, video=film.name)
        write_json(run.path / "evaluation.json", result.to_json())
    return result


def last_evaluation(run: Run) -> Evaluation | None:
    """Return what `evaluate` wrote last, if it did."""
    data = read_json(run.path / "evaluation.json")
    if data is None:
        return None
    try:
        ci = data["success_ci"]
        data["success_ci"] = Interval(*ci) if ci else None
        data["return_ci"] = Interval(*data["return_ci"])
        return Evaluation(**data)
    except (TypeError, KeyError) as error:
        raise StorageError(
            f"{run.path / 'evaluation.json'} is damaged; evaluate the run again"
        ) from error


def summarise(done: Episodes, *, seed: int, **facts: Any) -> Evaluation:
    """Return rates, means and their intervals; `facts` fill the remaining fields."""
    return Evaluation(
        episodes=len(done.returns),
        success=done.success_rate,
        success_ci=done.success_ci,
        return_mean=float(done.returns.mean()),
        return_ci=mean_interval(done.returns, rng=np.random.default_rng(seed)),
        length_mean=float(done.lengths.mean()),
        seed=seed,
        **facts,
    )
