"""Several seeds of a study side by side, and the table that they make."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardlab.e2cl.arms import ARMS, Settings
from rewardlab.e2cl.page import Found, page
from rewardlab.e2cl.study import Tell, grade_arm, open_study, run
from rewardlab.e2cl.workers import Workers
from rewardlab.e2cl.world import World
from rewardlab.errors import StorageError, UnknownName
from rewardlab.store.files import read_json, write_json, write_text


def label(world: World) -> str:
    """Return a short name of a world for files, e.g. `babyai-PutNextLocal`."""
    options: Mapping[str, Any] = world.config()["options"]
    grounding = options.get("grounding")
    parts = (world.name, options.get("level"), grounding if grounding == "free" else None)
    return "-".join(part for part in parts if part)


def folder_of(out: Path, world: World, seed: int) -> Path:
    """Return where a seed of a world's studies lies."""
    return out / f"{label(world)}-s{seed}"


def check_arms(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of arms, each once, in the order of `ARMS`.

    Raises:
        UnknownName: There is no such arm.
    """
    asked = set(names)
    for name in sorted(asked):
        if name not in ARMS:
            raise UnknownName("arm", name, ARMS)
    return tuple(name for name in ARMS if name in asked)


def ablate(
    workers: Workers,
    out: Path,
    settings: Settings,
    *,
    seeds: Sequence[int],
    arms: Sequence[str],
    measure: bool,
    tell: Tell,
) -> list[Path]:
    """Run arms for seeds, as far as it is not done; return the folders of the seeds."""
    folders = []
    for seed in seeds:
        folder = folder_of(out, workers.world, seed)
        study = open_study(folder, workers.world, settings, seed)
        run(workers, study, arms, measure=measure, tell=tell)
        folders.append(folder)
    return folders


def measure_again(workers: Workers, folder: Path, arms: Sequence[str], tell: Tell) -> None:
    """Measure fitted arms of a study, whether or not they were measured before."""
    measured = workers.calls(grade_arm, [(folder, name) for name in arms])
    for name, grades in zip(arms, measured, strict=True):
        write_json(folder / "measures" / f"{name}.json", grades)
        tell(f"measured {name}")


def fitted(folder: Path) -> tuple[str, ...]:
    """Return the arms of a study that have weights."""
    return tuple(name for name in ARMS if (folder / "weights" / f"{name}.npz").exists())


def gathered(folders: Iterable[Path], arms: Sequence[str]) -> Found:
    """Return what was measured, by arm and seed.

    Raises:
        StorageError: A file is damaged.
    """
    found: dict[str, dict[int, Any]] = {}
    for folder in folders:
        config = read_json(folder / "config.json")
        for name in arms:
            measured = read_json(folder / "measures" / f"{name}.json")
            if measured is not None and config is not None:
                found.setdefault(name, {})[int(config["seed"])] = measured
    return found


def publish(path: Path, found: Found, head: Mapping[str, Any]) -> None:
    """Write what was found as rows (`path`, .jsonl) and as a page (.md) made from them alone."""
    rows = [
        {"seed": seed, **measured}
        for measures in found.values()
        for seed, measured in measures.items()
    ]
    lines = [json.dumps(row, separators=(",", ":")) + "\n" for row in (head, *rows)]
    write_text(path, "".join(lines))
    write_text(path.with_suffix(".md"), page_of(path))


def page_of(path: Path) -> str:
    """Return the page of the rows in a file."""
    try:
        head, *rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found: dict[str, dict[int, Any]] = {}
        for row in rows:
            found.setdefault(row["arm"], {})[row["seed"]] = row
        return page(found, title=head["title"], command=head["command"], facts=head["facts"])
    except (OSError, ValueError, KeyError) as error:
        raise StorageError(f"{path} holds no rows of a study: {error}") from error


def facts(world: World, settings: Settings, folders: Sequence[Path], seconds: float) -> list[str]:
    """Return what a page says about how its numbers were made."""
    config = world.config()
    versions = (read_json(folders[0] / "config.json") or {}).get("versions", {})
    told = ", ".join(f"{key} {value}" for key, value in config["options"].items())
    return [
        f"{world.name} ({config['package']}), {told}",
        f"{len(folders)} seeds; learned from {len(world.episodes('train'))} episodes, measured on "
        f"{len(world.episodes('test'))}",
        f"pre-tuning {settings.pretune_steps} steps on {settings.pretune_share:.0%} of the "
        f"episodes; {settings.steps} steps of imitation, more in proportion to an arm's samples",
        f"the call that ended it took {seconds / 60:.0f} minutes on {platform.machine()}, Python "
        f"{platform.python_version()}, "
        + ", ".join(f"{name} {release}" for name, release in versions.items()),
    ]
