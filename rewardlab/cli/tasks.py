"""List the tasks that are known by name, with their goal sentence and success signal.

Any registered Gymnasium environment is a task too: gym/<EnvId>.

Examples:
  rewardlab tasks
  rewardlab tasks drawer
  rewardlab tasks --published
  rewardlab tasks --json
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer, Table, note
from rewardlab.cli.flags import Json, Switch

if TYPE_CHECKING:
    from rewardlab.envs.tasks import TaskEntry


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab tasks`."""

    word: Annotated[
        Positional[str],
        arg(
            metavar="[WORD]",
            help="Only tasks whose id or goal holds this word.",
            help_behavior_hint="",
        ),
    ] = ""
    published: Annotated[
        Switch,
        arg(help="Only the 24 tasks of the Text2Reward paper.", help_behavior_hint=""),
    ] = False
    json: Json = False


def run(flags: Flags) -> Answer:
    """List them."""
    import rewardlab

    word = flags.word.lower()
    among = [t for t in rewardlab.tasks() if t.published or not flags.published]
    found = [t for t in among if word in t.id.lower() or word in t.goal.lower()]
    if not found:
        which = "published task" if flags.published else "task"
        note(f"no {which} holds {flags.word!r} in its id or goal; all: rewardlab tasks")
    rows = [(t.id, _here(t), _success(t), "yes" if t.published else "no", t.goal) for t in found]
    columns = ("task", "installed", "success", "published", "goal")
    return Answer({"tasks": [asdict(t) for t in found]}, Table(columns, rows))


def _here(entry: TaskEntry) -> str:
    return "yes" if entry.available else f"needs rewardlab[{entry.extra}]"


def _success(entry: TaskEntry) -> str:
    return "measured" if entry.success else "no signal"
