"""A run is a folder: what was asked, what happened, and everything needed to go on or do it again.

```
results/<id>/
  run.json            format, status, task, program and parent ids, process, command
  config.yaml         RunConfig
  versions.json       packages and platform
  sandbox.json        how the program was held: level, layers, limits, faults, accepted risks
  certificate.json    what is certain about a designed reward
  program.py  .json   the reward program and its origin
  verdict.json        its validation
  llm/0001.json …     every call of a coder
  progress.csv  tb/   curves (SB3's logger)
  evaluations.jsonl   success and return along training, one line each
  checkpoints/        the newest state from which training goes on
  best/  final/       policies
  moe.npz             which experts its mixtures chose along training
  experts/            policies of earlier runs that are part of this one's
  evaluation.json     the last evaluation
  report.html  .json  video.mp4
  feedback.json       what a person said, and which program was made of it
  next/<id>.py        that program
```
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.config import RunConfig
from rewardlab.errors import AmbiguousName, StorageError, UnknownName, UntrustedFile, UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import (
    append_json,
    read_json,
    read_json_lines,
    run_folder,
    without_links,
    write_json,
    write_text,
)
from rewardlab.training.process import alive, started
from rewardlab.training.record import FORMAT, Status, check

if TYPE_CHECKING:
    from rewardlab.training.policies import Policy


class Run:
    """A run folder.

    Args:
        path: The folder; it must hold a `run.json`.

    Raises:
        StorageError: Not a run folder, one that holds links, or from a newer version of rewardlab.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = without_links(Path(path))
        check(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, status={self.status!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from rewardlab.evaluation.notebook import run_html

        return run_html(self)

    @classmethod
    def create(
        cls,
        out: str | Path,
        config: RunConfig,
        *,
        program: RewardProgram | None = None,
        name: str | None = None,
        **facts: Any,
    ) -> Run:
        """Make a new run folder below `out`.

        Args:
            out: Folder of run folders.
            config: What is asked.
            program: The reward program, saved beside it.
            name: Name of the folder; by default made of time, task, algorithm and seed.
            **facts: Further JSON-ready entries of `run.json`, e.g. `command`.
        """
        path = run_folder(out, name or _default_name(config))
        if (path / "run.json").exists():
            raise UsageError(f"run {path} exists; choose another name, or resume it")
        record = {
            "format": FORMAT,
            "id": path.name,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "status": "interrupted",
            "task": config.task,
            "goal": config.goal,
            "reward": config.reward,
            "program_id": program.id if program else None,
            "parent": program.parent if program else None,
            "n_timesteps": config.n_timesteps,
            **facts,
        }
        config.save(path / "config.yaml")
        if program is not None:
            program.save(path / "program.py")
        write_json(path / "run.json", record)  # the last: from here on it can go on after a stop
        return cls(path)

    @classmethod
    def open(cls, path_or_id: Run | str | Path, *, out: str | Path = "results") -> Run:
        """Open a run by folder, name below `out` or unique prefix of that; an open one stays.

        Raises:
            UnknownName: No such run.
            AmbiguousName: Several start so.
            StorageError: A folder or file that is no run.
            UntrustedFile: A model that something else saved.
        """
        if isinstance(path_or_id, Run):
            return path_or_id
        path = Path(path_or_id)
        if is_model_file(path):
            raise UntrustedFile(path)
        if (path / "run.json").exists():
            return cls(path)
        runs = {run.id: run for run in list_runs(out)}
        name = str(path_or_id).rstrip("/")
        if not name:
            raise UsageError("say which run: its folder, its name or the beginning of its name")
        found = [name] if name in runs else [id for id in runs if id.startswith(name)]
        if len(found) == 1:
            return runs[found[0]]
        if found:
            raise AmbiguousName("run", name, found)
        if path.is_dir():
            raise StorageError(f"{path} is not a run folder: it has no run.json")
        if path.exists():
            raise StorageError(f"{path} is neither a run folder nor a model's .zip")
        raise UnknownName("run", name, runs, f"(looked in {out}) See: rewardlab runs")

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    @property
    def record(self) -> dict[str, Any]:
        """The content of `run.json`."""
        return read_json(self.path / "run.json") or {}

    @property
    def config(self) -> RunConfig:
        """What was asked."""
        return RunConfig.load(self.path / "config.yaml")

    @property
    def program(self) -> RewardProgram | None:
        """The reward program, if the run has one."""
        path = self.path / "program.py"
        return RewardProgram.load(path) if path.exists() else None

    def load_policy(self, checkpoint: str = "final") -> Policy:
        """Return a policy that it trained, see `rewardlab.training.policies.load_policy`."""
        from rewardlab.training.policies import load_policy

        return load_policy(self, checkpoint)

    def set_program(self, program: RewardProgram) -> None:
        """Give the run the program it trains with."""
        program.save(self.path / "program.py")
        self.update(program_id=program.id, parent=program.parent)

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """Evaluations along training, each with `timesteps`, `success`, `return_mean` and more."""
        rows = read_json_lines(self._evaluations)
        by_step = {row["timesteps"]: row for row in rows if isinstance(row.get("timesteps"), int)}
        return [by_step[step] for step in sorted(by_step)]

    @property
    def status(self) -> Status:
        """`"running"` only while its process lives: one that was killed is `"interrupted"`."""
        record = self.record
        status: Status = record["status"]
        if status == "running" and not alive(record.get("pid"), record.get("pid_started")):
            return "interrupted"
        return status

    def update(self, **facts: Any) -> None:
        """Change entries of `run.json`."""
        write_json(self.path / "run.json", {**self.record, **facts})

    def claim(self) -> None:
        """Mark this process as the one that trains the run.

        Raises:
            UsageError: Another living process does.
        """
        if self.status == "running" and self.record.get("pid") != os.getpid():
            raise UsageError(f"run {self.id} is being trained by process {self.record['pid']}")
        self.update(status="running", pid=os.getpid(), pid_started=started(os.getpid()))

    def release(self, status: Status, **facts: Any) -> None:
        """Record how it ended, e.g. `reason="…"`."""
        self.update(status=status, pid=None, pid_started=None, **facts)

    def add_evaluation(self, row: dict[str, Any]) -> None:
        """Append an evaluation along training; a repeated step replaces the older line."""
        append_json(self._evaluations, row)

    def cut_evaluations(self, after: int) -> None:
        """Forget evaluations of later steps than `after`, from where the run goes on."""
        rows = self.evaluations
        kept = [row for row in rows if row["timesteps"] <= after]
        if len(kept) < len(rows):
            write_text(self._evaluations, "".join(json.dumps(row) + "\n" for row in kept))

    @property
    def _evaluations(self) -> Path:
        return self.path / "evaluations.jsonl"


def is_model_file(path: Path) -> bool:
    """Return whether a path is a model's archive, as Stable-Baselines3 saves it, and no run."""
    return path.is_file() and zipfile.is_zipfile(path)


def list_runs(out: str | Path = "results") -> Iterator[Run]:
    """Yield the readable runs below a folder, oldest first."""
    folder = Path(out)
    if not folder.is_dir():
        return
    found = []
    for path in folder.iterdir():
        if (path / "run.json").is_file() and not path.is_symlink():
            try:
                run = Run(path)
                found.append((str(run.record.get("created", "")), run.id, run))
            except StorageError:
                continue
    for _, _, run in sorted(found, key=lambda item: item[:2]):
        yield run


def _default_name(config: RunConfig) -> str:
    """Return a folder's name made of what may be one of the last part of the task's id."""
    task = re.sub("[^a-z0-9]+", "-", re.split("[/:]", config.task)[-1].lower())[:28].strip("-")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return f"{task or 'run'}-{config.algo}-s{config.seed}-{stamp}-{secrets.token_hex(2)}"
