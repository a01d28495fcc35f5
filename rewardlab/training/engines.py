"""What steps the environments of a training run: Python, or a C++ engine where one is proven."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from rewardlab.config import Engine
from rewardlab.envs.batch import PoolMaker
from rewardlab.envs.tasks import Task
from rewardlab.errors import MissingExtra, UnknownName, UsageError

ENGINES = ("auto", "python", "envpool")


def choose(
    engine: str, task: Task, *, fast: bool, vec_env: Literal["dummy", "subproc"], lockdown: bool
) -> Engine:
    """Return the engine of a run.

    Args:
        engine: `"auto"`, `"python"` or `"envpool"`.
        task: The task.
        fast: What `"auto"` means: take the fastest engine that is installed and fits.
        vec_env: As for the run.
        lockdown: As for the run.

    Raises:
        UnknownName: There is no such engine.
        UsageError: It does not fit the task or the run.
        MissingExtra: It is not installed.
    """
    if engine not in ENGINES:
        raise UnknownName("engine", engine, ENGINES)
    if engine == "auto":
        fits = task.make_pool is not None and vec_env == "dummy" and not lockdown
        return "envpool" if fast and fits and find_spec("envpool") is not None else "python"
    if engine == "python":
        return "python"
    pool_maker(task)
    if find_spec("envpool") is None:
        raise MissingExtra("runs on the engine envpool", "fast")
    if lockdown or vec_env != "dummy":
        what = "a trainer that is locked down" if lockdown else f"vec_env={vec_env!r}"
        raise UsageError(f"the engine envpool cannot be used with {what}: use the engine python")
    return "envpool"


def pool_maker(task: Task) -> PoolMaker:
    """Return what builds the pool of a task.

    Raises:
        UsageError: There is none for it.
    """
    if task.make_pool is None:
        raise UsageError(
            f"{task.id} has no environment in the engine envpool that was shown to do the same as "
            "that in Python: use the engine python"
        )
    return task.make_pool
