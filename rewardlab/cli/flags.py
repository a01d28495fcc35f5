"""Flags that several verbs have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from rewardlab.errors import UsageError

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task as TaskObject

Task = Annotated[Positional[str], arg(metavar="TASK", help="Task id, e.g. metaworld/window-close.")]
OptionalTask = Annotated[
    Positional[str],
    arg(metavar="TASK", help="Task id, e.g. metaworld/window-close.", help_behavior_hint=""),
]
OwnTask = Annotated[
    str | None,
    arg(
        metavar="TASK",
        help="The run's task: only needed if a module of yours registers it.",
        help_behavior_hint="",
    ),
]
Run = Annotated[
    Positional[str],
    arg(metavar="RUN", help="A run's folder, its name, or a unique prefix of that."),
]
Switch = FlagCreatePairsOff[bool]
Json = Annotated[
    Switch, arg(help="Print one JSON document on stdout and nothing else.", help_behavior_hint="")
]
Seed = Annotated[int, arg(metavar="N", help="The one seed.")]
Out = Annotated[str, arg(metavar="DIR", help="Folder of the run folders.")]
Coder = Annotated[
    str,
    arg(
        metavar="NAME",
        help="offline (composes from the goal's words, no model), openai (any compatible server), "
        "replay:PATH (a recorded run), or auto: openai where a key is set, else offline.",
    ),
]
Model = Annotated[str | None, arg(metavar="M", help="Model to ask.", help_behavior_hint="")]
FewShot = Annotated[int, arg(metavar="K", help="Solved examples shown to a chat model.")]
MaxRepairs = Annotated[
    int, arg(metavar="N", help="How often a refused program goes back to its coder.")
]
Frozen = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(
        metavar="TASK",
        help="Task of which no example may be shown; may be repeated.",
        help_behavior_hint="",
    ),
]
MaxCalls = Annotated[
    int | None,
    arg(
        metavar="N", help="Send a model at most so many requests per round.", help_behavior_hint=""
    ),
]
MaxTokens = Annotated[
    int | None,
    arg(
        metavar="N",
        help="Send no further request of a round once it used so many tokens.",
        help_behavior_hint="",
    ),
]
Corrections = Annotated[
    str | None,
    arg(
        metavar="FILE",
        help="Keep there what was wrong with drafts and what came next; off keeps nothing.",
        help_behavior_hint="(default: $REWARDLAB_CORRECTIONS, else in your data folder)",
    ),
]
Memory = Annotated[
    int, arg(metavar="K", help="Kept corrections of other tasks shown to a chat model.")
]
Mend = Annotated[
    Switch,
    arg(
        help="Repair drafts by rules, learnt ones among them, before the coder is asked to.",
        help_behavior_hint="",
    ),
]
Goal = Annotated[
    Positional[str | None],
    arg(metavar="GOAL", help="The goal in words.", help_behavior_hint="(default: the task's own)"),
]
KeepAbove = Annotated[
    float,
    arg(
        metavar="P",
        help="Keep the program in your library of examples if the lower bound of its success rate "
        "is above this; 1 keeps none.",
    ),
]
Output = Annotated[
    str | None,
    arg(aliases=("-o",), metavar="FILE", help="Where to write it.", help_behavior_hint=""),
]
TaskOptions = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(
        metavar="KEY=VALUE",
        help="Option of the task, e.g. horizon=300; may be repeated.",
        help_behavior_hint="",
    ),
]
Sandbox = Annotated[
    Literal["auto", "require"],
    arg(help="require: refuse to run programs unless every layer of the sandbox works."),
]
AllowDegraded = Annotated[
    Switch,
    arg(
        help="Run programs of models and files although a sandbox layer is missing.",
        help_behavior_hint="",
    ),
]
Lockdown = Annotated[
    Switch,
    arg(
        help="Lock the trainer too: it writes only its run folder and has no network.",
        help_behavior_hint="",
    ),
]


def open_task(
    id: str, options: Sequence[str] = (), more: Mapping[str, Any] | None = None
) -> TaskObject:
    """Return a task, with options given as `KEY=VALUE`, over `more` from a file."""
    import rewardlab

    return rewardlab.task(id, **{**(more or {}), **read_options(options)})


_EXAMPLES = {
    "--task-option": "horizon=300",
    "--shaper-option": "update_every=1000",
    "--moe": "gate=softmax",
}


def read_options(options: Sequence[str], flag: str = "--task-option") -> dict[str, Any]:
    """Read `KEY=VALUE` pairs of a flag; values are YAML."""
    import yaml

    read = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not (key.isidentifier() and equals):
            raise UsageError(f"{flag} {option!r}: write it as KEY=VALUE, e.g. {_EXAMPLES[flag]}")
        try:
            read[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f"{flag} {option!r}: {value!r} is not a YAML value") from error
    return read
