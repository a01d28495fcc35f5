"""What an evaluation measures: the policy of a run, or that of a model from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rewardlab.config import RunConfig
from rewardlab.errors import UntrustedFile, UsageError

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
    from rewardlab.training.policies import Policy
    from rewardlab.training.run import Run


class Subject(NamedTuple):
    """What is measured.

    Attributes:
        policy: Loads it; nothing is executed before the task is known to be fit for a video.
        task: On what.
        config: How it was trained, or what stands for that.
        record: The file that is written.
        film: The video that is written.
        facts: Further fields of the evaluation.
    """

    policy: Callable[[], Policy]
    task: Task
    config: RunConfig
    record: Path
    film: Path
    facts: dict[str, Any]


def of_run(run: Run, task: Task | str | None, checkpoint: str) -> Subject:
    """Return a run's policy on its own task."""
    from rewardlab.training.policies import load_policy
    from rewardlab.training.tasks import task_of

    return Subject(
        lambda: load_policy(run, checkpoint),
        task_of(run, task),
        run.config,
        run.path / "evaluation.json",
        run.path / "video.mp4",
        {"run": run.id, "checkpoint": checkpoint},
    )


def of_model(
    path: Path,
    task: Task | str | None,
    trust_pickle: bool,
    algo: str,
    vec_normalize: str | Path | None,
) -> Subject:
    """Return the policy in a model's `.zip` on a task.

    Raises:
        UntrustedFile: It is not trusted.
        UsageError: No task is named.
    """
    from rewardlab.envs.tasks import task as get_task
    from rewardlab.training.foreign import load_foreign

    if not trust_pickle:
        raise UntrustedFile(path)
    if task is None:
        raise UsageError(f"say on which task {path} is measured: --task TASK, see: rewardlab tasks")
    task = get_task(task) if isinstance(task, str) else task
    normalizer = None if vec_normalize is None else Path(vec_normalize)
    return Subject(
        lambda: load_foreign(path, trust_pickle=trust_pickle, algo=algo, vec_normalize=normalizer),
        task,
        RunConfig(task.id, 0),
        path.with_suffix(".evaluation.json"),
        path.with_suffix(".mp4"),
        {"run": path.name, "checkpoint": "model", "trust_pickle": True},
    )
