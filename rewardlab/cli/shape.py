"""Show what a reward pays in which states, and whether it keeps what is optimal.

WHAT is a task or a run. Finite ones (tabular/…, gym/FrozenLake-v1, gym/CliffWalking-v1,
gym/Taxi-v4) are drawn state by state and checked exactly, others field by field on recorded
states. On finite ones --shaper also takes designs: exprd, expadard, invariant, pbrs, craft,
pbrs-craft.

Examples:
  rewardlab shape inspect tabular/room-2021 --shaper exprd -B 5
  rewardlab shape inspect gym/FrozenLake-v1 --shaper exprd -B 3 --gamma 0.95 -o lake.png
  rewardlab shape inspect metaworld/window-close --reward program.py --shaping potential
  rewardlab shape inspect my-run
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, UseAppendAction, arg

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.flags import (
    AllowDegraded,
    Json,
    Out,
    Sandbox,
    Seed,
    TaskOptions,
    open_task,
    read_options,
)
from rewardlab.cli.inspection import MEASURED, WHY, measured_view, table_view
from rewardlab.errors import UsageError

if TYPE_CHECKING:
    from rewardlab.envs.tabular import TabularMDP
    from rewardlab.envs.tasks import Task
    from rewardlab.evaluation.inspected import Inspected
    from rewardlab.shapers.base import Invariance, Shaper
    from rewardlab.training.run import Run


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab shape`."""

    verb: Annotated[Positional[Literal["inspect"]], arg(metavar="inspect", help="What to do.")]
    what: Annotated[Positional[str], arg(metavar="WHAT", help="A task or a run.")]
    reward: Annotated[
        str,
        arg(metavar="R", help="Task: program.py, oracle (the environment's own) or sparse."),
    ] = "oracle"
    shaping: Annotated[
        str, arg(metavar="HOW", help="Task: a program is to replace, add, or be a potential.")
    ] = "replace"
    shaper: Annotated[
        str,
        arg(metavar="NAME", help="Task: a shaper, or a design.", help_behavior_hint=""),
    ] = ""
    budget: Annotated[
        int | None,
        arg(
            aliases=("-B",),
            metavar="N",
            help="States that exprd may choose.",
            help_behavior_hint="(default: 5)",
        ),
    ] = None
    shaper_option: Annotated[
        UseAppendAction[tuple[str, ...]],
        arg(metavar="KEY=VALUE", help="Option of it; may be repeated.", help_behavior_hint=""),
    ] = ()
    gamma: Annotated[
        float, arg(metavar="G", help="Discount, where neither task nor run says it.")
    ] = 0.99
    states: Annotated[int, arg(metavar="N", help="Recorded states, where not finite.")] = 64
    seed: Seed = 0
    task_option: TaskOptions = ()
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    picture: Annotated[
        str | None,
        arg(
            aliases=("-o",),
            metavar="PNG",
            help="Where the picture goes.",
            help_behavior_hint="(default: shape.png in the run, or shape-<task>.png)",
        ),
    ] = None
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Inspect it."""
    from rewardlab.envs.tasks import SUITES

    if flags.states < 1:
        raise UsageError(f"--states must be at least 1, got {flags.states}")
    is_run = (Path(flags.what) / "run.json").exists()
    if is_run or flags.what.partition("/")[0] not in SUITES or "/" not in flags.what:
        return _of_run(flags)
    return _of_task(flags)


def _of_task(flags: Flags) -> Answer:
    from rewardlab.evaluation import inspected, shaping

    switches = read_options(flags.task_option)
    mdp = inspected.finite_mdp(flags.what, gamma=flags.gamma, options=switches)
    path = Path(flags.picture or f"shape-{re.sub('[^A-Za-z0-9]+', '-', flags.what)}.png")
    name, options = flags.shaper, read_options(flags.shaper_option, "--shaper-option")
    if flags.budget is not None:
        options["budget"] = flags.budget
    designs = flags.what.startswith("gym/") or (name or "none") in inspected.DESIGNS
    if mdp is not None and flags.reward == "oracle" and designs:
        return _drawn(inspected.designed(mdp, name or "none", options), path)
    task = open_task(flags.what, flags.task_option)
    title = task.id + (f", {Path(flags.reward).name}" if flags.reward != "oracle" else "")
    title += f" as {flags.shaping}" if flags.shaping != "replace" else ""
    with shaping.of_task(
        task,
        reward=flags.reward,
        shaping=flags.shaping,
        shaper=name,
        options=options,
        gamma=mdp.gamma if mdp else flags.gamma,
        seed=flags.seed,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
    ) as shapers:
        title += f" + {name}" if name else ""
        return _answer(flags, title, shapers, task, mdp, path, None)


def _of_run(flags: Flags) -> Answer:
    from rewardlab.evaluation import inspected, shaping
    from rewardlab.training.algorithms import known_discount
    from rewardlab.training.prepare import accept_risk
    from rewardlab.training.run import Run
    from rewardlab.training.tasks import task_of

    given = [n for n in ("shaper", "shaper_option", "budget") if getattr(flags, n)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} is for tasks: a run has its own")
    opened = Run.open(flags.what, out=flags.out)
    task = task_of(opened)
    if flags.allow_degraded_sandbox:
        accept_risk(opened, task)
    config = opened.config
    gamma = known_discount(config.hyperparameters)
    mdp = inspected.finite_mdp(task.id, gamma=gamma, options=task.options)
    title = f"{opened.id}: {config.reward}" + _how(opened)
    path = Path(flags.picture or opened.path / "shape.png")
    with shaping.of_run(opened, task) as shapers:
        return _answer(flags, title, shapers, task, mdp, path, opened)


def _how(run: Run) -> str:
    config = run.config
    shaping = f" as {config.shaping}" if config.shaping != "replace" else ""
    return shaping + (f" + {config.shaper}" if config.shaper else "")


def _answer(
    flags: Flags,
    title: str,
    shapers: list[Shaper],
    task: Task,
    mdp: TabularMDP | None,
    path: Path,
    run: Run | None,
) -> Answer:
    from rewardlab.evaluation import inspected, partial
    from rewardlab.shapers.program import ProgramShaper
    from rewardlab.shapers.tables.designs import Design

    if mdp is not None:
        reward, maps = inspected.table_of(shapers, mdp, task)
        lasting = [shaper for shaper in shapers if not isinstance(shaper, ProgramShaper)]
        shown = inspected.inspected(title, mdp, reward, maps)
        shown = replace(shown, promise=_promise(lasting))
        design = getattr(shapers[-1], "design", None)
        if isinstance(design, Design) and design.reward.shape == mdp.R.shape:
            shown = inspected.by_design(shown, design)
        return _drawn(shown, path)
    policies: list[Any] = [None]
    if run is not None:
        policies.append(_policy(run))
    batch = partial.record(task, policies, n=flags.states, seed=flags.seed)
    found = partial.measure(shapers, batch, task.scene)
    partial.draw(found, title, path)
    promise = _promise(shapers)
    document = {
        "what": title,
        "invariance": promise,
        "why": WHY[promise],
        "measured": MEASURED,
        **found.to_json(),
        "picture": str(path),
    }
    return Answer(document, measured_view(title, found, promise, path))


def _policy(run: Run) -> Any:
    from rewardlab.training.policies import load_policy

    return load_policy(run, "latest")


def _promise(shapers: list[Shaper]) -> Invariance:
    """Return what the weakest of them promises over the task's own reward, the innermost."""
    from rewardlab.shapers.plain import NativeShaper, SparseShaper

    order: tuple[Invariance, ...] = ("none", "approx", "exact")
    over = [s for s in shapers if not isinstance(s, NativeShaper | SparseShaper)]
    return min((s.invariance for s in over), key=order.index, default="exact")


def _drawn(found: Inspected, path: Path) -> Answer:
    from rewardlab.evaluation.statemaps import draw

    draw(found, path)
    note(f"picture {path}")
    return Answer({**found.to_json(), "picture": str(path)}, table_view(found))
