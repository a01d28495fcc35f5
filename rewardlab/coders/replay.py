"""A coder that answers from the calls that a run recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rewardlab.coders.base import Reply, Request
from rewardlab.coders.cache import content_hash
from rewardlab.coders.prompting import render
from rewardlab.errors import CoderError, ConfigError, StorageError
from rewardlab.store.files import read_json


class ReplayCoder:
    """Repeats recorded replies: the one to the same messages if there is one, else the next.

    Args:
        path: A run folder, its `llm` folder, or any folder of recorded calls.

    Raises:
        ConfigError: No recorded call is there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = f"replay:{path}"
        folder = self.path / "llm" if (self.path / "llm").is_dir() else self.path
        self._calls = [call for file in sorted(folder.glob("[0-9]*.json")) if (call := _read(file))]
        if not self._calls:
            raise ConfigError(
                f"nothing to replay in {str(path)!r}: expected a run folder whose llm/ holds "
                "recorded calls (0001.json …); see: rewardlab runs"
            )
        self._n_calls = len(self._calls)

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
        call = matches[0] if matches else self._calls[0]
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


def _read(file: Path) -> dict[str, Any] | None:
    if file.is_symlink():
        return None
    try:
        call = read_json(file)
    except StorageError:
        return None
    return call if call and isinstance(call.get("reply"), str) else None
