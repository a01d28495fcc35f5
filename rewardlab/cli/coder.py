"""How well coders do, what they learn from their errors, and which solved tasks they are shown.

learn lets a coder write programs for a task, explores what is wrong with each (validation, then
statistics on many states, then the task's expert where it has one), has it corrected and keeps
every correction; stopped, the same command goes on. stats counts, from recorded calls, how often
each class of error was seen and which repair got rid of it, per model, with what it cost, and what
practice and the corrections came to that generate, refine, run and learn keep. export writes
accepted corrections as chat records to fine-tune a model on: goal to program, program to finding,
program and finding to fix. library lists the programs that proved themselves; few-shot prompts
choose from them and from the packaged ones.

Examples:
  rewardlab coder stats
  rewardlab coder stats window-close-ppo --json
  rewardlab coder learn metaworld/drawer-open -k 8 --coder openai
  rewardlab coder export -o chats.jsonl
  rewardlab coder library --add window-close-ppo
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from rewardlab.cli import corrections, practice
from rewardlab.cli.answer import Answer, Table, note
from rewardlab.cli.flags import (
    AllowDegraded,
    Coder,
    Json,
    MaxCalls,
    MaxTokens,
    Model,
    Out,
    Sandbox,
    Seed,
    Switch,
)
from rewardlab.errors import UsageError
from rewardlab.store.text import counted, percent

if TYPE_CHECKING:
    from rewardlab.design.tally import Tally


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab coder`."""

    what: Annotated[
        Positional[Literal["learn", "stats", "export", "library"]],
        arg(metavar="WHAT", help="learn, stats, export or library."),
    ]
    args: Annotated[
        Positional[tuple[str, ...]],
        arg(
            metavar="[TASK [GOAL] | RUN ...]",
            help="learn: a task and maybe a goal. stats: runs, or folders of calls.",
            help_behavior_hint="(default: all runs and practice below --out)",
        ),
    ] = ()
    samples: Annotated[int, arg(aliases=("-k",), metavar="K", help="learn: programs to write.")] = 4
    rounds: Annotated[int, arg(metavar="R", help="learn: corrections of each at most.")] = 3
    teachers: Annotated[
        Literal["both", "free", "guided", "none"],
        arg(help="learn: what looks for errors in valid programs: statistics, an expert, both."),
    ] = "both"
    memory: Annotated[
        int, arg(metavar="K", help="learn: corrections of other tasks shown to a chat model.")
    ] = 2
    no_mend: Annotated[
        Switch, arg(help="learn: ask the coder also for what rules repair.", help_behavior_hint="")
    ] = False
    coder: Coder = "auto"
    model: Model = None
    max_calls: MaxCalls = None
    max_tokens: MaxTokens = None
    seed: Seed = 0
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    add: Annotated[
        str | None,
        arg(metavar="RUN", help="library: put this run's program in.", help_behavior_hint=""),
    ] = None
    remove: Annotated[
        str | None,
        arg(metavar="NAME", help="library: take this entry out.", help_behavior_hint=""),
    ] = None
    corrections: Annotated[
        str | None,
        arg(
            metavar="FILE",
            help="learn, stats, export: the file of corrections.",
            help_behavior_hint="(default: $REWARDLAB_CORRECTIONS, else in your data folder)",
        ),
    ] = None
    output: Annotated[
        str | None,
        arg(
            aliases=("-o",),
            metavar="FILE",
            help="export: where to write.",
            help_behavior_hint="(default: print)",
        ),
    ] = None
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Answer what is asked."""
    if flags.what == "library":
        if flags.args:
            raise UsageError(f"library takes no RUN: write --add {flags.args[0]}")
        return _library(flags)
    if flags.add or flags.remove:
        raise UsageError("--add and --remove are for: rewardlab coder library")
    if flags.what == "export":
        if flags.args:
            raise UsageError(f"export takes no RUN: name a file by --corrections {flags.args[0]}")
        return corrections.export(flags.corrections, flags.output)
    if flags.what == "learn":
        return practice.learn(flags)
    if flags.output:
        raise UsageError("-o is for: rewardlab coder export")
    return _stats(flags)


def _stats(flags: Flags) -> Answer:
    from rewardlab.coders.replay import read_calls
    from rewardlab.design.tally import tally

    found = tally(read_calls(folder) for folder in _folders(flags))
    models = {name: one.to_json() for name, one in found.items()}
    views = [_view(name, one) for name, one in found.items()]
    if not found:
        views.append(f"no recorded calls in {', '.join(flags.args) or flags.out}")
    kept, learnt = corrections.stats(flags.corrections)
    practised = {} if flags.args else practice.practices(flags.out)
    views += [
        "\n".join([f"{name}: {counted(one['programs'], 'program')}", *practice.table(one).lines()])
        for name, one in practised.items()
    ]
    document = {"models": models, "corrections": kept, "practice": practised}
    return Answer(document, "\n\n".join(filter(None, [*views, learnt])))


def _folders(flags: Flags) -> Iterator[Path]:
    from rewardlab.training.run import Run, list_runs

    for name in flags.args:
        loose = Path(name).is_dir() and not (Path(name) / "run.json").exists()
        yield Path(name) if loose else Run.open(name, out=flags.out).path
    if not flags.args:
        yield from (run.path for run in list_runs(flags.out))
        yield from (calls.parent for calls in sorted(Path(flags.out).glob("learn/*/llm")))


def _view(name: str, one: Tally) -> str:
    from rewardlab.design.classes import CLASSES

    lines = [
        f"{name}: {counted(one.candidates, 'candidate')}, {one.passed} passed, "
        f"{one.passed_at_once} of them at once; {counted(one.calls, 'call')}, {one.cached} free, "
        f"{one.failed} failed; "
        f"{one.prompt_tokens:,} + {one.completion_tokens:,} tokens"
    ]
    columns = ("error", "what", "seen", "repaired at 1st", "2nd", "later", "given up", "repaired")
    rows = [
        (
            error,
            CLASSES[error][0],
            *map(str, (repairs.seen, *repairs.repaired, repairs.given_up)),
            percent(repairs.rate),
        )
        for error, repairs in one.classes.items()
    ]
    return "\n".join([*lines, *(Table(columns, rows).lines() if rows else ["  no errors"])])


def _library(flags: Flags) -> Answer:
    from rewardlab.coders.library import add, own, own_folder, reference, remove
    from rewardlab.evaluation.evaluate import last_evaluation
    from rewardlab.evaluation.proven import complaint, solved
    from rewardlab.training.run import Run
    from rewardlab.training.tasks import task_of

    if flags.remove is not None:
        note(f"removed {remove(flags.remove)}")
    if flags.add is not None:
        opened = Run.open(flags.add, out=flags.out)
        note(f"added {add(solved(opened, task_of(opened), last_evaluation(opened)))}")
    shelf = own()
    entries: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "task": entry.task_id,
            "goal": entry.goal,
            "program_id": entry.id,
            "run": entry.run,
            "result": dict(entry.result),
            "invalid": complaint(entry),
        }
        for entry in shelf.entries
    ]
    document = {
        "folder": str(own_folder()),
        "entries": entries,
        "broken": [broken._asdict() for broken in shelf.broken],
        "packaged": [entry.task_id for entry in reference()],
    }
    for broken in shelf.broken:
        note(f"{broken.name} is broken and skipped: {broken.why}")
    if not entries:
        packaged = f"{len(reference())} packaged ones (named by --json)"
        return Answer(document, f"no entries in {own_folder()}, {packaged}")
    rows = [
        (e["name"], e["task"], _measured(e["result"]), e["run"], e["invalid"] or "valid")
        for e in entries
    ]
    return Answer(document, Table(("entry", "task", "success", "run", "reading"), rows))


def _measured(result: dict[str, Any]) -> str:
    rate, interval = result.get("success"), result.get("success_ci")
    return "" if rate is None else percent(rate, interval)
