"""A folder that holds one seed of a study, and goes on where it was left.

```
config.json              world, settings, seed, versions
data/                    samples of the phases: plan, guided, free
weights/ARM.npz, .json   a policy and its vocabulary; pretuned is where all others start
fits/ARM.json            its samples, steps, seconds and last loss
measures/ARM.json        how it did on the test episodes
few/                     data and weights of pre-tuning for the arm e2cl-few
```
What is there is not done again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rewardlab.e2cl.arms import ARMS, Arm, Data, Settings, drawn, few, samples_of, steps_of
from rewardlab.e2cl.encoding import vocabulary
from rewardlab.e2cl.exam import exam, grade
from rewardlab.e2cl.fit import fit
from rewardlab.e2cl.kept import data_of, unseen_of
from rewardlab.e2cl.metrics import Score
from rewardlab.e2cl.phases import Corrector, demonstrate, free, guided, repair
from rewardlab.e2cl.policy import Policy, fresh, load, save
from rewardlab.e2cl.samples import Explored, merged
from rewardlab.e2cl.stored import load as load_samples
from rewardlab.e2cl.stored import save as save_samples
from rewardlab.e2cl.workers import Workers
from rewardlab.e2cl.world import World
from rewardlab.errors import StorageError
from rewardlab.store.files import read_json, write_json

Tell = Callable[[str], None]
"""Is told in one line what was done."""
_LAST = 50
"""The loss that is recorded is the mean over so many last steps."""


class Study(NamedTuple):
    """One seed in one folder."""

    folder: Path
    settings: Settings
    seed: int


def open_study(folder: Path, world: World, settings: Settings, seed: int) -> Study:
    """Start a study, or go on with the one in a folder.

    Raises:
        StorageError: The folder holds another one.
    """
    asked = {"world": world.config(), "settings": asdict(settings), "seed": seed}
    found = read_json(folder / "config.json")
    if found is None:
        versions = {name: version(name) for name in ("rewardlab", "numpy", "torch")}
        write_json(folder / "config.json", asked | {"versions": versions})
    else:
        for key, value in asked.items():
            if found.get(key) != value:
                raise StorageError(
                    f"{folder} holds a study with {key} {_differing(found.get(key), value)}; "
                    "choose another folder (--out), or go on as it was begun"
                )
    return Study(folder, settings, seed)


def _differing(was: Any, asked: Any) -> str:
    """Return what of two settings differs: `n_train 6, not 7`."""
    if not (isinstance(was, dict) and isinstance(asked, dict)):
        return f"{was!r}, not {asked!r}"
    keys = [key for key in {**was, **asked} if was.get(key) != asked.get(key)]
    return "; ".join(f"{key} {_differing(was.get(key), asked.get(key))}" for key in keys)


def run(workers: Workers, study: Study, arms: Sequence[str], *, measure: bool, tell: Tell) -> None:
    """Explore what arms need, fit them and measure them, as far as it is not done."""
    todo = [name for name in arms if not _done(study.folder, name, measure)]
    if not todo:
        return
    data = _explored(workers, study, [ARMS[name] for name in todo], tell)
    if any(ARMS[name].few for name in todo):
        episodes = few(data, workers.world.episodes("train"), seed=study.seed)
        part = study._replace(folder=study.folder / "few")
        _explore(workers, part, episodes, {"guided", "free"}, tell)
    todo.sort(key=lambda name: -_cost(ARMS[name], data, study.settings))
    tell(f"seed {study.seed}: fitting {', '.join(todo)}")
    for told in workers.calls(_run_arm, [(study, name, measure) for name in todo]):
        tell(f"seed {study.seed}: {told}")


def _done(folder: Path, arm: str, measure: bool) -> bool:
    place = folder / ("measures" if measure else "weights")
    return (place / f"{arm}{'.json' if measure else '.npz'}").exists()


def _cost(arm: Arm, data: Data, settings: Settings) -> int:
    return steps_of(arm, data, settings) if arm.fitted and not arm.few else settings.steps


def _explored(workers: Workers, study: Study, arms: Sequence[Arm], tell: Tell) -> Data:
    """Return what arms need of the phases."""
    needed = set()
    for arm in arms:
        needed |= {"guided"} if arm.guided or arm.long else set()
        needed |= {"free"} if arm.free or arm.long else set()
    return _explore(workers, study, workers.world.episodes("train"), needed, tell)


def _explore(
    workers: Workers, study: Study, episodes: Sequence[str], needed: set[str], tell: Tell
) -> Data:
    """Run the phases on episodes, each from its files if they are there."""
    seed = study.seed

    def phase(name: str, made: Callable[[], Iterator[Explored]]) -> Explored:
        return _part(workers.world, study, name, made, tell)

    plan = phase("plan", lambda: workers.each(demonstrate, episodes, seed))
    policy = _pretuned(workers.world, study, plan, episodes)
    found = {"guided": Explored(()), "free": Explored(())}
    if "guided" in needed:
        found["guided"] = phase("guided", lambda: workers.each(guided, episodes, seed, policy))
    if "free" in needed:
        corrector = _corrector(workers.world, study.settings)
        found["free"] = phase("free", lambda: workers.each(free, episodes, seed, policy, corrector))
    return Data(plan, **found)


def _corrector(world: World, settings: Settings) -> Corrector:
    if not settings.corrector:
        return repair
    from rewardlab.e2cl.text.corrector import TextCorrector

    return TextCorrector(settings.corrector, world.language)


def _part(
    world: World,
    study: Study,
    name: str,
    made: Callable[[], Iterator[Explored]],
    tell: Tell,
) -> Explored:
    stored = load_samples(study.folder / "data", name, world.language)
    if stored is not None:
        for line in stored.damaged:
            tell(f"left out: {line}")
        return merged([stored.explored], name)
    began = time.perf_counter()
    explored = merged(made(), name)
    save_samples(study.folder / "data", name, explored)
    counts = Counter(sample.kind for sample in explored.samples)
    lost = f", teacher lost in {explored.lost} episodes" if explored.lost else ""
    told = ", ".join(f"{n:,} {kind}" for kind, n in counts.items())
    few_ones = " on few episodes" if study.folder.name == "few" else ""
    took = time.perf_counter() - began
    tell(f"seed {study.seed}: phase {name}{few_ones}: {told}{lost} ({took:.0f} s)")
    return explored


def _pretuned(world: World, study: Study, plan: Explored, episodes: Sequence[str]) -> Policy:
    path = study.folder / "weights" / "pretuned.npz"
    if not path.exists():
        settings, seed = study.settings, study.seed
        chosen = set(drawn(episodes, settings.pretune_share, seed=seed))
        samples = merged(
            [Explored(tuple(s for s in plan.samples if s.origin.episode in chosen))], "pretune"
        ).samples
        start = fresh(world.language, vocabulary(plan.samples), seed=seed)
        _fit_and_save(study, "pretuned", start, samples, settings.pretune_steps)
    return load(path, world.language)


def _fit_and_save(
    study: Study, name: str, start: Policy, samples: Sequence[Any], steps: int
) -> None:
    began = time.perf_counter()
    fitted = fit(start, samples, steps, seed=study.seed)
    record = {
        "samples": dict(sorted(Counter(sample.kind for sample in samples).items())),
        "steps": steps,
        "seconds": round(time.perf_counter() - began, 1),
        "loss": round(float(np.mean(fitted.losses[-_LAST:])), 4),
    }
    write_json(study.folder / "fits" / f"{name}.json", record)
    save(study.folder / "weights" / f"{name}.npz", fitted.policy)


def _run_arm(world: World, study: Study, name: str, measure: bool) -> str:
    """Fit an arm and measure it; return what was done."""
    began = time.perf_counter()
    arm, path = ARMS[name], study.folder / "weights" / f"{name}.npz"
    if not path.exists():
        source = study.folder / "few" if arm.few else study.folder
        data = data_of(world, source)
        start = load(source / "weights" / "pretuned.npz", world.language)
        steps = steps_of(arm, data, study.settings)
        if arm.few:  # as many samples as imitation has on all episodes, so as many steps
            steps = study.settings.steps
        _fit_and_save(study, name, start, samples_of(arm, data), steps)
    if measure:
        measured = grade_arm(world, study.folder, name)
        write_json(study.folder / "measures" / f"{name}.json", measured)
    return f"{name} ({time.perf_counter() - began:.0f} s)"


def grade_arm(world: World, folder: Path, name: str) -> dict[str, Any]:
    """Measure a fitted arm of a study on all test episodes; JSON-ready."""
    arm = ARMS[name]
    policy = load(folder / "weights" / f"{name}.npz", world.language)
    grades = grade(world, policy, arm.modes, foresees=arm.explores and arm.feedback)
    return {
        "arm": name,
        "fit": read_json(folder / "fits" / f"{name}.json"),
        "episodes": list(exam(world).programs),
        "unseen": [int(new) for new in unseen_of(world, folder)],
        "foresight": grades.foresight and grades.foresight._asdict(),
        "interventions": grades.interventions,
        "modes": {mode: columns(scores) for mode, scores in grades.modes.items()},
    }


def columns(scores: Iterable[Score]) -> dict[str, list[float]]:
    """Return scores of episodes by metric; JSON-ready."""
    rows = [asdict(score) for score in scores]
    return {
        key: [round(float(row[key]), 4) if key == "lcs" else int(row[key]) for row in rows]
        for key in rows[0]
    }
