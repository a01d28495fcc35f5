"""Samples as chats, one JSON line each, to fine-tune a text model on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from rewardlab.e2cl.samples import Sample
from rewardlab.e2cl.text.prompts import Asking
from rewardlab.store.files import write_text


def chats(samples: Iterable[Sample], asking: Asking) -> list[dict[str, object]]:
    """Return samples as chats with `kind`, `messages` and where they come from."""
    found: list[dict[str, object]] = []
    for sample in samples:
        asked, answer = asking.of(sample)
        messages = [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answer},
        ]
        found.append({"kind": sample.kind, "messages": messages, "origin": sample.origin._asdict()})
    return found


def export(path: Path, samples: Iterable[Sample], asking: Asking) -> int:
    """Write samples to a file and return how many there are."""
    lines = [json.dumps(chat, ensure_ascii=False) + "\n" for chat in chats(samples, asking)]
    write_text(path, "".join(lines))
    return len(lines)
