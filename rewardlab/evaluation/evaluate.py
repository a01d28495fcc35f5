"""Measuring a trained policy by the task's own success."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rewardlab.config import Sandbox, check_seed
from rewardlab.errors import StorageError, UsageError
from rewardlab.evaluation.progress import episodes_shown
from rewardlab.evaluation.proven import KEEP_ABOVE, keep
from rewardlab.evaluation.rollouts import Episodes, rollout
from rewardlab.evaluation.statistics import Interval, mean_interval
from rewardlab.evaluation.subject import Subject, of_model, of_run
from rewardlab.sandbox.capabilities import accept
from rewardlab.store.files import read_json, write_json

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
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
        kept: Name of its program's entry in the user's library, if it was good enough.
        trust_pickle: The policy was unpickled from a file of somebody else's.
        sandbox: How programs were held meanwhile, see `rewardlab.sandbox.record`.
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
    kept: str | None = None
    trust_pickle: bool = False
    sandbox: dict[str, Any] = field(default_factory=dict, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from rewardlab.evaluation.notebook import evaluation_html

        return evaluation_html(self)


def evaluate(
    run: Run | str | Path,
    *,
    episodes: int = 20,
    seed: int | None = None,
    checkpoint: str = "final",
    video: bool = False,
    progress: bool = False,
    task: Task | str | None = None,
    trust_pickle: bool = False,
    algo: str = "auto",
    vec_normalize: str | Path | None = None,
    sandbox: Sandbox = "auto",
    allow_degraded_sandbox: bool = False,
    keep_above: float = KEEP_ABOVE,
) -> Evaluation:
    """Run a trained policy for `episodes` episodes with random goals; write `evaluation.json`.

    Args:
        run: A run with a trained policy, its folder or its id; or the `.zip` of a model that
            Stable-Baselines3 saved, for which `<model>.evaluation.json` is written beside it.
        episodes: How many episodes, at least 1.
        seed: Fixes the episodes; by default other ones than any of training.
        checkpoint: `"final"`, `"best"` or `"latest"`.
        video: Also write `video.mp4`, with the first of these episodes.
        progress: Show on stderr how far it is.
        task: What a model is measured on. A run knows its task; one that a module of yours
            registers must be named, for a run that somebody sent could name any module.
        trust_pickle: Accept that a model's `.zip` can run code of whoever made it.
        algo: The model's algorithm; by default what its file says.
        vec_normalize: The `vecnormalize.pkl` saved with the model, if there is one.
        sandbox: `"require"` refuses to run a task's success predicate below the full sandbox.
        allow_degraded_sandbox: Run a task's success predicate although a layer is missing.
        keep_above: The run's program enters the user's library, from which few-shot prompts take
            their examples, if the lower bound of `success_ci` is above this; 1 keeps none.

    Raises:
        UsageError: Fewer than one episode, the run has no such policy, the model does not fit …
        UntrustedFile: A model, without `trust_pickle`.
        RenderError: A video is asked for and nothing can draw here.
        SandboxUnavailable: The sandbox is not good enough for the success predicate.
    """
    from rewardlab.training.run import Run, is_model_file

    if episodes < 1:
        raise UsageError(f"episodes must be at least 1, got {episodes}")
    if not 0.0 <= keep_above <= 1.0:
        raise UsageError(f"keep_above is a success rate from 0 to 1, got {keep_above}")
    if seed is not None:
        check_seed(seed)
    if isinstance(run, Run) or not is_model_file(Path(run)):
        if trust_pickle or vec_normalize is not None or algo != "auto":
            raise UsageError(
                "trust_pickle, algo and vec_normalize are about a model's .zip; a run needs none"
            )
        run = Run.open(run)
        subject = of_run(run, task, checkpoint)
    else:
        subject = of_model(Path(run), task, trust_pickle, algo, vec_normalize)
    if allow_degraded_sandbox:
        accept(subject.task.success_program)
    subject = subject._replace(config=replace(subject.config, sandbox=sandbox))
    accepted = {"allow_degraded_sandbox": allow_degraded_sandbox, "trust_pickle": trust_pickle}
    result = _measure(
        subject, accepted, episodes=episodes, seed=seed, video=video, progress=progress
    )
    if isinstance(run, Run) and (kept := keep(run, subject.task, result, above=keep_above)):
        result = replace(result, kept=kept)
        write_json(subject.record, result.to_json())
    return result


def _measure(
    subject: Subject,
    accepted: Mapping[str, bool],
    *,
    episodes: int,
    seed: int | None,
    video: bool,
    progress: bool,
) -> Evaluation:
    from rewardlab.evaluation.video import check_drawing, record
    from rewardlab.training.held import judged_record
    from rewardlab.training.policies import check_fits
    from rewardlab.training.venv import make_venv

    task, config = subject.task, subject.config
    if video:
        check_drawing(task)
    seed = SEED_OFFSET + config.seed if seed is None else seed
    policy = subject.policy()
    venv = make_venv(
        task,
        n_envs=min(episodes, config.n_envs),
        seed=seed,
        vec_env=config.vec_env,
        sandbox=config.sandbox,
    )
    show_episodes = episodes_shown if progress else _unseen
    with closing(venv), show_episodes(episodes) as show:
        check_fits(policy, venv, name=subject.facts["run"], task=task.id)
        done = rollout(policy, venv, episodes=episodes, seed=seed, on_episode=show)
    held = judged_record(venv, task.success_program, **accepted)
    result = summarise(done, seed=seed, sandbox=held, **subject.facts)
    write_json(subject.record, result.to_json())  # kept, should filming fail
    if video:
        n = min(episodes, MAX_FILMED)
        with show_episodes(n, "filming") as show:
            record(
                *(policy, task, subject.film),
                goal=config.goal,
                seed=seed,
                episodes=n,
                on_episode=show,
            )
        result = replace(result, video=subject.film.name)
        write_json(subject.record, result.to_json())
    return result


def _unseen(n: int, what: str = "") -> AbstractContextManager[None]:
    return nullcontext()


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
