"""The calls of a coder that a run recorded, and a coder that answers from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewardlab.coders.base import Reply, Request
from rewardlab.coders.cache import content_hash
from rewardlab.coders.prompting import render
from rewardlab.errors import CoderError, ConfigError, StorageError
from rewardlab.store.files import read_json


class ReplayCoder:
    """Repeats recorded replies: the one to the same messages if there is one, else the next.

    Of several to the same messages it is that of the same candidate.

    Args:
        path: A run folder, whose later rounds follow; its `llm` folder, or any folder of recorded
            calls.

    Raises:
        ConfigError: No recorded call is there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = f"replay:{path}"
        calls = (call for folder in family(self.path) for call in read_calls(folder))
        self._calls = [call for call in calls if isinstance(call.get("reply"), str)]
        if not self._calls:
            raise ConfigError(
                f"nothing to replay in {str(path)!r}: expected a run folder whose llm/ holds "
                "recorded calls (0001.json …); see: rewardlab runs"
            )
        self._n_calls = len(self._calls)

    def skip(self, n: int) -> None:
        """Count the next `n` replies as used: by what goes on now."""
        del self._calls[:n]

    def write(self, request: Request) -> Reply:
        """Answer with a recorded reply that was not used yet.

        Raises:
            CoderError: All were used.
        """
        prompt = render(request)
        if not self._calls:
            raise CoderError(
                f"all {self._n_calls} recorded replies of {str(self.path)!r} are used up; "
                "ask a model, or use --coder offline"
            )
        messages = content_hash(list(prompt.messages))
        matches = [c for c in self._calls if content_hash(c.get("messages")) == messages]
        own = [c for c in matches if c.get("sample") == request.sample]
        call = (own or matches or self._calls)[0]
        self._calls.remove(call)
        record = {
            "model": call.get("model"),
            "messages": list(prompt.messages),
            "template": prompt.template,
            "template_hash": prompt.template_hash,
            "replayed": "same request" if matches else "in order",
        }
        origin, notes = str(call.get("origin", "replay")), dict(call.get("notes") or {})
        return Reply(call["reply"], origin, record=record, notes=notes)


def read_calls(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield recorded calls in their order; what cannot be read is left out.

    Args:
        folder: A run folder, its `llm` folder, or any folder of recorded calls.
    """
    inner = folder / "llm"
    for file in sorted((inner if inner.is_dir() else folder).glob("[0-9]*.json")):
        if call := _read(file):
            yield call


def family(folder: Path) -> list[Path]:
    """Return a run folder and those beside it in which its later rounds went on, in their order.

    Of what was made of one run it is what was asked for last. Any other folder stands alone.
    """
    found = [folder]
    beside = {run: record for run, record in _runs(folder) if run != folder}
    while (child := (_read(found[-1] / "feedback.json") or {}).get("child")) is not None:
        runs = [run for run, record in beside.items() if record.get("program_id") == child]
        if not runs:
            break
        found.append(max(runs, key=lambda run: (str(beside[run].get("created")), run.name)))
        del beside[found[-1]]
    return found


def _runs(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if (folder / "run.json").is_file():
        for run in sorted(folder.parent.iterdir()):
            if not run.is_symlink() and (record := _read(run / "run.json")):
                yield run, record


def _read(path: Path) -> dict[str, Any] | None:
    """Return a file's object; `None` where there is none that can be read, or a link."""
    try:
        return None if path.is_symlink() else read_json(path)
    except (StorageError, OSError):
        return None
