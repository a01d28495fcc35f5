"""What `rewardlab coder` answers about corrections: what they came to, and the export."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, Table, note
from rewardlab.errors import UsageError
from rewardlab.store.text import counted, percent

if TYPE_CHECKING:
    from rewardlab.coders.corrections.record import Correction
    from rewardlab.design.measures import Measures


def load(given: str | None) -> tuple[Path | None, tuple[Correction, ...], list[dict[str, Any]]]:
    """Return the file of corrections, its records and its broken lines, which are told."""
    from rewardlab.coders.corrections.file import corrections_file, read

    file = corrections_file(given)
    if file is None:
        return None, (), []
    if given is not None and not file.is_file():
        raise UsageError(f"there is no file of corrections {given!r}")
    found = read(file)
    for line, why in found.broken:
        note(f"{file}: line {line} is broken and skipped: {why}")
    return file, found.records, [broken._asdict() for broken in found.broken]


def stats(given: str | None) -> tuple[dict[str, Any], str]:
    """Return what corrections came to, for machines and for people (`""` if there are none)."""
    from rewardlab.design.measures import measure

    file, records, broken = load(given)
    found = measure(records)
    document = {"file": str(file) if file else None, **found.to_json(), "broken": broken}
    return document, _view(file, found) if records else ""


def _view(file: Path | None, found: Measures) -> str:
    from rewardlab.design.severity import ERRORS

    total = found.total
    lines = [
        f"{file}: {counted(found.records, 'correction')}, {total.accepted} accepted, "
        f"{total.hollow} of them hollow, {total.worse} regressions; "
        f"{found.tokens_in:,} + {found.tokens_out:,} tokens",
        *(f"  {by}: {yes} of {n} accepted" for by, (n, yes) in found.correctors.items()),
    ]
    columns = ("class", "what", "attempted", "accepted", "passed", "hollow", "worse", "fix rate")
    rows = [
        (
            name,
            ERRORS[name],
            *map(str, (one.attempted, one.accepted, one.passed, one.hollow, one.worse)),
            percent(one.rate),
        )
        for name, one in found.classes.items()
    ]
    return "\n".join([*lines, *Table(columns, rows).lines()])


def export(given: str | None, output: str | None) -> Answer:
    """Write corrections as chat records, to a file or to stdout."""
    from rewardlab.coders.corrections.export import KINDS, chats
    from rewardlab.store.files import write_bytes

    file, records, _ = load(given)
    made = list(chats(records, describe=_describe))
    text = "".join(json.dumps(chat, ensure_ascii=False) + "\n" for chat in made)
    kinds = {kind: sum(chat["kind"] == kind for chat in made) for kind in KINDS}
    used = sum(record.useful for record in records)
    document = {"file": str(file) if file else None, "records": used, "kinds": kinds}
    if output is None:
        return Answer({**document, "output": None, "chats": made}, text.rstrip("\n"))
    if Path(output).is_dir():
        raise UsageError(f"cannot write chat records to the folder {output!r}: name a file")
    write_bytes(Path(output), text.encode(), private=True)
    said = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    return Answer(
        {**document, "output": output},
        f"{output}: {said}, of {counted(used, 'accepted correction')}"
        + ("" if used else "; rewardlab coder learn TASK finds some"),
    )


@cache
def _describe(task_id: str) -> str:
    """Return the description of a task known by name, `""` of others: a file may name any."""
    from rewardlab.envs.tasks import task, tasks

    known = any(entry.id == task_id and entry.available for entry in tasks())
    return task(task_id).describe() if known else ""
