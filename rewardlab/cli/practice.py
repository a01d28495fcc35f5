"""What `rewardlab coder learn` does and answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, Table
from rewardlab.cli.flags import open_task
from rewardlab.cli.generate import told
from rewardlab.errors import UsageError
from rewardlab.store.text import percent

if TYPE_CHECKING:
    from rewardlab.cli.coder import Flags


def learn(flags: Flags) -> Answer:
    """Let a coder practise a task."""
    from rewardlab.design.practice import practise
    from rewardlab.design.practised import shares

    if not 1 <= len(flags.args) <= 2:
        raise UsageError('learn takes a task and maybe a goal: rewardlab coder learn TASK "GOAL"')
    task = open_task(flags.args[0])
    rows = practise(
        task,
        flags.args[1] if len(flags.args) == 2 else None,
        coder=flags.coder,
        model=flags.model,
        n=flags.samples,
        rounds=flags.rounds,
        teachers=flags.teachers,
        memory=flags.memory,
        mend=not flags.no_mend,
        seed=flags.seed,
        max_calls=flags.max_calls,
        max_tokens=flags.max_tokens,
        sandbox=flags.sandbox,
        allow_degraded=flags.allow_degraded_sandbox,
        corrections=flags.corrections,
        out=flags.out,
        on_event=told,
    )
    came_to = shares(rows, flags.rounds)
    document = {"task": task.id, **came_to, "rows": [row.to_json() for row in rows]}
    return Answer(document, table(came_to))


def practices(out: str) -> dict[str, dict[str, Any]]:
    """Return what each practice below a folder of results came to, by the name of its folder."""
    from rewardlab.design.practised import read_rows, shares

    found = {}
    for file in sorted(Path(out).glob("learn/*/rows.jsonl")):
        rows = read_rows(file)
        rounds = max((len(row.severities) for row in rows), default=1) - 1
        found[file.parent.name] = shares(rows, rounds)
    return found


def table(came_to: dict[str, Any]) -> Table:
    """Return what practice came to, a row for each number of corrections."""
    pairs = enumerate(zip(came_to["exec"], came_to["sem"], strict=True))
    rows = [
        (str(r), percent(runs["share"], runs["ci"]), percent(right["share"], right["ci"]))
        for r, (runs, right) in pairs
    ]
    return Table(("corrections", "pass E1-E6", "nothing wrong"), rows)
