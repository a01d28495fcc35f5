"""Programs that proved themselves: they enter the user's library and serve as examples."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from rewardlab.coders.library import Solved, add, reference
from rewardlab.errors import StorageError, UsageError
from rewardlab.program.reading import read

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
    from rewardlab.evaluation.evaluate import Evaluation
    from rewardlab.training.run import Run

KEEP_ABOVE = 0.5
"""Lower bound of the success rate's 95 % interval above which a program is kept by default."""


def keep(run: Run, task: Task, result: Evaluation, *, above: float) -> str | None:
    """Put a run's program into the user's library if it is good enough, and return its name there.

    A packaged program is not kept again. What cannot be written is warned of: the evaluation
    stands.
    """
    interval, program = result.success_ci, run.program
    if program is None or interval is None or not interval.low > above:
        return None
    if any(program.id == solved.id for solved in reference()):
        return None
    try:
        return add(solved(run, task, result)).stem
    except (StorageError, UsageError) as error:
        warnings.warn(f"the program was not put into the library: {error}", stacklevel=3)
        return None


def solved(run: Run, task: Task, result: Evaluation | None) -> Solved:
    """Return a run's program as an entry of a library.

    Raises:
        UsageError: The run has no program.
    """
    program = run.program
    if program is None:
        raise UsageError(f"run {run.id} was trained on {run.config.reward!r}: it has no program")
    goal = run.config.goal or program.goal or task.goal
    return Solved(task.id, goal, program.source, task.env_id, run=run.id, result=_facts(result))


def complaint(entry: Solved) -> str:
    """Return why an entry's program does not pass the reading for its own task any more, or `""`.

    Of a task that is not known by name nothing is said.
    """
    from rewardlab.envs.tasks import scene_of

    scene = scene_of(entry.task_id)
    findings = read(entry.source, scene).findings if scene else ()
    return next((str(finding) for finding in findings if finding.severity == "error"), "")


def _facts(result: Evaluation | None) -> dict[str, Any]:
    if result is None or result.success is None or result.success_ci is None:
        return {}
    return {
        "success": round(result.success, 4),
        "success_ci": [round(bound, 4) for bound in result.success_ci],
        "episodes": result.episodes,
    }
