"""The task of a run, and whose modules may be imported for it."""

from __future__ import annotations

import sys

from rewardlab.envs.tasks import Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import UntrustedModule, UsageError
from rewardlab.training.run import Run


def task_of(run: Run, named: Task | str | None = None) -> Task:
    """Return the task that a run is about.

    A run's folder may come from a stranger and name any module, and importing runs it: what is not
    imported yet must be named by whoever calls.

    Args:
        run: The run.
        named: The task as its user named it, if so.

    Raises:
        UsageError: The user named another task.
        UntrustedModule: The task needs a module that only the run names.
    """
    config = run.config
    id = named.id if isinstance(named, Task) else named
    if id is not None and id != config.task:
        raise UsageError(f"run {run.id} is about {config.task}, not {id}")
    if isinstance(named, Task):
        return named
    module, colon, _ = config.task.partition("/")[2].partition(":")
    if colon and named is None and module not in sys.modules:
        raise UntrustedModule(run.id, config.task, module)
    return get_task(config.task, **config.task_options)


def has_success(task: Task) -> bool:
    """Return whether a task tells when it is solved, by itself or by a predicate."""
    return task.success is not None or task.success_program is not None
