"""Let agents explore their errors in a world and learn from them (E2CL).

train explores and fits arms for one seed, evaluate measures the arms of such a run on the test
episodes, ablate does both for several seeds and writes a table with all controls. What is there
already is not done again. export writes a run's samples as chats to fine-tune a text model on.

Examples:
  rewardlab e2cl train --world babyai --level PutNextLocal
  rewardlab e2cl evaluate results/e2cl/babyai-PutNextLocal-s0
  rewardlab e2cl ablate --world household --seeds 5 --out results/e2cl
  rewardlab e2cl evaluate --model gpt-4.1-mini --world household --n-test 10
  rewardlab e2cl export household-s0
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer, Table, note
from rewardlab.cli.flags import Json, Seed
from rewardlab.cli.parsing import command
from rewardlab.cli.steering import exported, steered
from rewardlab.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from rewardlab.e2cl.page import Found
    from rewardlab.e2cl.workers import Workers
    from rewardlab.e2cl.world import World


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab e2cl`."""

    verb: Annotated[
        Positional[Literal["train", "evaluate", "ablate", "export"]],
        arg(metavar="WHAT", help="train, evaluate, ablate or export."),
    ]
    run: Annotated[
        Positional[str | None],
        arg(metavar="[RUN]", help="evaluate, export: the run's folder.", help_behavior_hint=""),
    ] = None
    model: Annotated[
        str | None,
        arg(
            metavar="NAME",
            help="evaluate: let this chat model act on the world's test episodes, no run.",
            help_behavior_hint="",
        ),
    ] = None
    world: Annotated[str, arg(metavar="NAME", help="babyai or household.")] = "household"
    level: Annotated[
        str | None,
        arg(
            metavar="NAME",
            help="Level of babyai.",
            help_behavior_hint="(default: PutNextLocal)",
        ),
    ] = None
    grounding: Annotated[
        str | None,
        arg(
            metavar="NAME",
            help="household: which things an action means, those of the person's program (program) "
            "or whichever are near (free).",
            help_behavior_hint="(default: program)",
        ),
    ] = None
    arms: Annotated[
        str | None,
        arg(
            metavar="A,B",
            help="Arms: pretuned, il, tg, tf, e2cl and the controls il-long, e2cl-few, il-df, "
            "il-dup.",
            help_behavior_hint="(default: e2cl to train, else all)",
        ),
    ] = None
    seed: Seed = 0
    seeds: Annotated[int, arg(metavar="N", help="ablate: so many seeds, from --seed on.")] = 5
    n_train: Annotated[
        int | None,
        arg(
            metavar="N",
            help="Episodes to learn from.",
            help_behavior_hint="(default: the world's)",
        ),
    ] = None
    n_test: Annotated[
        int | None,
        arg(
            metavar="N",
            help="Episodes to measure with.",
            help_behavior_hint="(default: the world's)",
        ),
    ] = None
    steps: Annotated[
        int,
        arg(
            metavar="N",
            help="Batches of imitation; pre-tuning takes half of it, other arms more in "
            "proportion to their samples.",
        ),
    ] = 500
    corrector: Annotated[
        str | None,
        arg(
            metavar="MODEL",
            help="Chat model that corrects in teacher-free exploration.",
            help_behavior_hint="(default: a search over the world's repairs)",
        ),
    ] = None
    workers: Annotated[
        int | None,
        arg(
            metavar="N", help="Processes.", help_behavior_hint="(default: one per core, at most 8)"
        ),
    ] = None
    out: Annotated[str, arg(metavar="DIR", help="Folder of the runs and tables.")] = "results/e2cl"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Train, evaluate, ablate or export."""
    if flags.verb in ("train", "ablate") and flags.run is not None:
        raise UsageError(f"{flags.verb} takes no run, got {flags.run!r}; --out names its folder")
    if flags.model is not None:
        if flags.verb != "evaluate" or flags.run is not None:
            raise UsageError("--model is for evaluate without a run, e.g. --world household")
        return steered(_world(flags), flags.model, seed=flags.seed)
    verbs = {"train": _train, "evaluate": _evaluate, "ablate": _ablate, "export": _export}
    try:
        return verbs[flags.verb](flags)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; what is done is kept, go on with: {command()}"
        ) from None


def _train(flags: Flags) -> Answer:
    from rewardlab.e2cl.ablation import ablate, check_arms
    from rewardlab.store.files import read_json

    world, arms = _world(flags), check_arms(_named(flags) or ("e2cl",))
    with _workers(flags, world) as workers:
        (folder,) = ablate(
            workers,
            Path(flags.out),
            _settings(flags),
            seeds=[flags.seed],
            arms=arms,
            measure=False,
            tell=note,
        )
    fits = {name: read_json(folder / "fits" / f"{name}.json") or {} for name in arms}
    rows = [
        (name, f"{sum(fit['samples'].values()):,}", f"{fit['steps']:,}", f"{fit['loss']:.3f}")
        for name, fit in fits.items()
    ]
    note(f"measure with: rewardlab e2cl evaluate {folder}")
    return Answer(
        {"run": str(folder), "fits": fits}, Table(("arm", "samples", "steps", "loss"), rows)
    )


def _evaluate(flags: Flags) -> Answer:
    from rewardlab.e2cl.ablation import check_arms, fitted, gathered, measure_again
    from rewardlab.e2cl.worlds import world_of
    from rewardlab.store.files import read_json

    folder = _folder(flags)
    world = world_of(read_json(folder / "config.json") or {})
    there = fitted(folder)
    arms = check_arms(_named(flags) or there)
    for name in arms:
        if name not in there:
            raise UnknownName("fitted arm", name, there, f"in {folder}; e2cl train --arms {name}")
    with _workers(flags, world) as workers:
        measure_again(workers, folder, arms, note)
    return _answer(gathered([folder], arms), {"run": str(folder)})


def _export(flags: Flags) -> Answer:
    return exported(_folder(flags))


def _ablate(flags: Flags) -> Answer:
    from rewardlab.e2cl.ablation import ablate, check_arms, facts, gathered, label, publish
    from rewardlab.e2cl.arms import ARMS

    if flags.seeds < 1:
        raise UsageError(f"--seeds must be at least 1, not {flags.seeds}")
    world, arms, began = _world(flags), check_arms(_named(flags) or ARMS), time.perf_counter()
    out, settings = Path(flags.out), _settings(flags)
    seeds = range(flags.seed, flags.seed + flags.seeds)
    with _workers(flags, world) as workers:
        folders = ablate(workers, out, settings, seeds=seeds, arms=arms, measure=True, tell=note)
    found = gathered(folders, arms)
    title = f"E2CL and its controls on {label(world)}"
    told = facts(world, settings, folders, time.perf_counter() - began)
    path = out / f"{label(world)}.jsonl"
    publish(path, found, {"title": title, "command": command(), "facts": told})
    written = path.with_suffix(".md")
    note(f"wrote {written}")
    return _answer(found, {"runs": [str(folder) for folder in folders], "page": str(written)})


def _answer(found: Found, about: dict[str, Any]) -> Answer:
    from rewardlab.e2cl.page import document, lines, shown
    from rewardlab.e2cl.summary import METRICS

    rows = [(r.arm, r.mode, *map(shown, r.estimates.values())) for r in lines(found)]
    return Answer(about | document(found), Table(("arm", "mode", *METRICS.values()), rows))


def _world(flags: Flags) -> World:
    from rewardlab.e2cl.worlds import make_world

    names = ("level", "grounding", "n_train", "n_test")
    asked = {name: getattr(flags, name) for name in names}
    return make_world(
        flags.world, **{key: value for key, value in asked.items() if value is not None}
    )


def _workers(flags: Flags, world: World) -> AbstractContextManager[Workers]:
    from rewardlab.e2cl.workers import workers

    if flags.workers is not None and flags.workers < 1:
        raise UsageError(f"--workers must be at least 1, not {flags.workers}")
    return workers(world, flags.workers or min(os.cpu_count() or 1, 8))


def _settings(flags: Flags) -> Any:
    from rewardlab.e2cl.arms import Settings

    if flags.steps < 2:
        raise UsageError(f"--steps must be at least 2, not {flags.steps}")
    return Settings(
        pretune_steps=flags.steps // 2, steps=flags.steps, corrector=flags.corrector or ""
    )


def _named(flags: Flags) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (flags.arms or "").split(",") if name.strip())
    if flags.arms is not None and not names:
        from rewardlab.e2cl.arms import ARMS

        raise UsageError(f"--arms names none; leave it out, or name some of {', '.join(ARMS)}")
    return names


def _folder(flags: Flags) -> Path:
    if flags.run is None:
        raise UsageError("which run? e.g. rewardlab e2cl evaluate results/e2cl/household-s0")
    there = sorted(path.parent.name for path in Path(flags.out).glob("*/config.json"))
    for folder in (Path(flags.run), Path(flags.out) / flags.run):
        if (folder / "config.json").exists():
            return folder
        if folder.is_dir():
            raise UsageError(f"{folder} holds no run of rewardlab e2cl train: no config.json")
    raise UnknownName("run", flags.run, there, f"in {flags.out}")
