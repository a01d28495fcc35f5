"""What a report says about a run, read from its folder."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab._version import __version__
from rewardlab.errors import RewardlabError
from rewardlab.evaluation.curves import read_curves, sum_up
from rewardlab.evaluation.evaluate import last_evaluation
from rewardlab.store.files import read_json

if TYPE_CHECKING:
    from rewardlab.config import RunConfig
    from rewardlab.program.program import RewardProgram
    from rewardlab.training.run import Run


def gather(run: Run) -> dict[str, Any]:
    """Return everything that the page shows, as plain values."""
    from rewardlab.training.lineage import feedback_of, parent_of
    from rewardlab.training.run import list_runs

    config, record, program = run.config, run.record, run.program
    curves = read_curves(run.path / "progress.csv")
    parent = parent_of(run, list_runs(run.path.resolve().parent))
    led = _parent_facts(parent, program, feedback_of(parent) if parent else [])
    task = _task_facts(run, config)
    facts = {
        "run": run.id,
        "run_name": run_name(run),
        "status": run.status,
        "record": record,
        "config": asdict(config),
        "program": program,
        "steps": int(curves.steps[-1]) if len(curves.steps) else 0,
        "curves": curves,
        "evaluations": run.evaluations,
        "evaluation": last_evaluation(run),
        "worker": curves.last("shaper/"),
        "terms": sum_up(curves, program.source if program else ""),
        "verdict": read_json(run.path / "verdict.json"),
        "versions": read_json(run.path / "versions.json") or {},
        "sandbox": read_json(run.path / "sandbox.json") or {},
        "task": task,
        "apart": apart(task, config.goal, led["comment"] if led else None),
        "parent": led,
        "feedback": feedback_of(run),
        "video": run.path / "video.mp4" if (run.path / "video.mp4").exists() else None,
        "again": train_command(run, config),
        "own_task": own_task(config),
        "command": record.get("command"),
        "rewardlab": __version__,
    }
    return {**facts, "missing": _missing(run, facts)}


def apart(task: dict[str, Any], goal: str, comment: str | None = None) -> str:
    """Say that success does not measure the wish, where a run was asked for something else.

    Args:
        task: Its `goal`, and its `success` in words.
        goal: What the run was asked for.
        comment: What was asked for besides, after an earlier run.

    Returns:
        A sentence; `""` where the wish is the task's own, or there is no signal.
    """
    own = _words(task["goal"] or "") if task["success"] else ""
    other = own and _words(goal) not in ("", own)
    if not own or not (other or comment):
        return ""
    goals = f"this goal (the task's own is “{task['goal']}”)" if other else ""
    what = " and ".join(part for part in (goals, "the comment" if comment else "") if part)
    asks = "ask" if goals and comment else "asks"
    return (
        f"Solved means, by the task's own signal: {task['success']}. "
        f"What {what} {asks} for beyond or against that is not measured: watch the clip."
    )


def apart_of(run: Run) -> str:
    """Return `apart` of a run."""
    return str((read_json(run.path / "report.json") or {}).get("apart") or "")


def _words(text: str) -> str:
    return " ".join(text.casefold().rstrip(" .!").split())


def run_name(run: Run) -> str:
    """Return what names a run on the command line: its id in `results`, else its folder."""
    return run.id if run.path.parent == Path("results") else str(run.path)


def own_task(config: RunConfig) -> str:
    """Return the flag by which a user vouches for the module that a task needs, `""` for none."""
    return f" --task {shlex.quote(config.task)}" if ":" in config.task else ""


def train_command(run: Run, config: RunConfig) -> str:
    """Return the command that trains with exactly this reward and all settings again.

    It is `""` for a shaper that was handed over in Python.
    """
    if config.reward == "shaper" or ("shaper" in run.record and not config.shaper):
        return ""
    reward = str(run.path / "program.py") if config.reward == "program" else config.reward
    words = ["rewardlab", "train", config.task, "--reward", reward]
    return shlex.join([*words, "--config", str(run.path / "config.yaml")])


def _task_facts(run: Run, config: RunConfig) -> dict[str, Any]:
    """Return how a task defines success; a task that cannot be built here is no error."""
    from rewardlab.training.tasks import task_of

    try:
        found = task_of(run)
    except RewardlabError as error:
        return {"goal": config.goal, "success": None, "known": False, "why": str(error)}
    success = found.success
    if success is None and found.success_program is not None:
        success = "the success predicate given for this task"
    return {"goal": found.goal, "success": success, "known": True, "why": ""}


def _parent_facts(
    parent: Run | None, program: RewardProgram | None, said: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the comment and the change that led from the parent to this program."""
    from rewardlab.program.diff import program_diff

    if program is None or program.parent is None:
        return None
    entry = next((e for e in said if e.get("child") == program.id), said[0] if said else {})
    notes = program.notes
    before = parent.program if parent else None
    evaluation = last_evaluation(parent) if parent else None
    return {
        "program_id": program.parent,
        "run": parent.id if parent else None,
        "comment": entry.get("comment") or notes.get("comment"),
        "rating": entry.get("rating") or notes.get("rating"),
        "prefer": entry.get("prefer"),
        "other": entry.get("other"),
        "diff": program_diff(before, program) if before else None,
        "success": evaluation.success if evaluation else None,
        "success_ci": evaluation.success_ci if evaluation else None,
    }


def _missing(run: Run, facts: dict[str, Any]) -> list[dict[str, str]]:
    name, missing = shlex.quote(run_name(run)), []
    train = f"rewardlab train {shlex.quote(facts['config']['task'])} --resume {name}"
    if facts["status"] != "finished":
        done, whole = facts["steps"], facts["config"]["n_timesteps"]
        state = "is still training" if facts["status"] == "running" else f"is {facts['status']}"
        reason = run.record.get("reason")
        why = f" Why: {reason}." if facts["status"] == "failed" and reason else ""
        what = f"This run {state}: {done:,} of {whole:,} steps.{why}"
        missing.append({"what": what, "command": "" if state == "is still training" else train})
    if facts["evaluation"] is None:
        command = f"rewardlab evaluate {name}{own_task(run.config)} --video"
        missing.append({"what": "The final policy was not evaluated yet.", "command": command})
    elif facts["video"] is None:
        command = f"rewardlab evaluate {name}{own_task(run.config)} --video"
        missing.append({"what": "There is no video yet.", "command": command})
    return missing
