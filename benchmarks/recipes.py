"""Training runs that `benchmarks/text2reward.py` measures: what a job is, and what comes of it.

Time is the processor time of the training process, its evaluations apart; the jailed worker that
computes rewards is another process, which `wall_s` alone contains.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from rewardlab.coders.library import reference
from rewardlab.program.program import RewardProgram


@dataclass(frozen=True)
class Job:
    """One training run on a program of the reference library.

    Attributes:
        kind: The table it is for.
        task: Task id.
        recipe: What the run is called in that table.
        settings: Further arguments of `train`, and `horizon` of the task.
        seed: The run's seed.
        episodes: Episodes of a final evaluation with goals of its own; 0 for none.
    """

    kind: str
    task: str
    recipe: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    episodes: int = 0

    @property
    def key(self) -> dict[str, Any]:
        """What tells its row from others: also the program, which may have changed."""
        return {**asdict(self), "program_id": program(self.task).id}


def program(task_id: str) -> RewardProgram:
    """Return the library's program for a task."""
    entry = next(entry for entry in reference() if entry.task_id == task_id)
    return RewardProgram(entry.source, task_id=task_id, goal=entry.goal)


def written() -> list[str]:
    """Return the ids of tasks that have a program in the library."""
    return sorted(entry.task_id for entry in reference())


def measure(job: Job) -> dict[str, Any]:
    """Train, and evaluate if asked."""
    from rewardlab.envs.tasks import task
    from rewardlab.evaluation.evaluate import evaluate
    from rewardlab.training.train import train

    settings = dict(job.settings)
    horizon = settings.pop("horizon", None)
    made = task(job.task, **({} if horizon is None else {"horizon": horizon}))
    with tempfile.TemporaryDirectory() as out, clocked() as clock:
        run = train(
            made,
            program(job.task),
            seed=job.seed,
            native_reward=False,
            checkpoint_freq=0,
            out=out,
            **settings,
        )
        spent = clock()
        row = {**job.key, **spent, **_outcome(run), "machine": machine()}
        if job.episodes:
            found = evaluate(run, episodes=job.episodes)
            row |= {"success": found.success, "success_ci": list(found.success_ci or ())}
    return row


def machine() -> str:
    """Return the processor and how many of its cores there are."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else platform.processor()}"


def _outcome(run: Any) -> dict[str, Any]:
    from rewardlab.store.files import read_json

    rows = run.evaluations
    target = run.config.until_success
    met = [r for r in rows if target and min(r["success"], r.get("confirmed", 0.0)) >= target]
    return {
        "engine": run.config.engine,
        "algo": run.config.algo,
        "budget": run.config.n_timesteps,
        "steps": (read_json(run.path / "run.json") or {}).get("steps"),
        "solved_at": met[-1]["timesteps"] if met else None,
        "curve": [[r["timesteps"], r["success"]] for r in rows],
        "versions": (read_json(run.path / "versions.json") or {}).get("packages"),
    }


@contextmanager
def clocked() -> Iterator[Callable[[], dict[str, float]]]:
    """Yield what returns the time spent so far, that of evaluations apart."""
    from rewardlab.training import callbacks

    import_module("rewardlab.training.session")  # now, since imports are not training
    whole, apart = (time.process_time(), time.perf_counter()), [0.0, 0.0]
    rollout = callbacks.rollout

    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time(), time.perf_counter()
        try:
            return rollout(*args, **kwargs)
        finally:
            apart[0] += time.process_time() - start[0]
            apart[1] += time.perf_counter() - start[1]

    def spent() -> dict[str, float]:
        cpu, wall = time.process_time() - whole[0], time.perf_counter() - whole[1]
        return {
            "cpu_s": round(cpu - apart[0], 1),
            "wall_s": round(wall - apart[1], 1),
            "evaluation_cpu_s": round(apart[0], 1),
            "evaluation_wall_s": round(apart[1], 1),
        }

    callbacks.rollout = timed
    try:
        yield spent
    finally:
        callbacks.rollout = rollout


def work(
    jobs: list[Job], rows: Path, *, n_jobs: int, tell: Callable[[dict[str, Any]], None]
) -> None:
    """Measure what has no row yet, each job in a process of its own, and append the rows."""
    done = [_key(row) for row in kept(rows)]
    left = [job for job in jobs if json.dumps(job.key, sort_keys=True) not in done]
    spawn = multiprocessing.get_context("spawn")
    rows.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(n_jobs, mp_context=spawn, max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(measure, job) for job in left]):
            row = future.result()
            with rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
            tell(row)


def kept(rows: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else []


def _key(row: dict[str, Any]) -> str:
    names = (*Job.__dataclass_fields__, "program_id")
    return json.dumps({name: row.get(name) for name in names}, sort_keys=True)
