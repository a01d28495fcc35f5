"""Which shaper a saved state belongs to: its kind, its version and the options it was built with.

A state alone does not say so: a weight or a step size leaves no trace in it, and a run that goes on
with another one would silently be another run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Shaper

_PLAIN = (bool, int, float, str, type(None))


def identity(shaper: Shaper) -> dict[str, Any]:
    """Return what a checkpoint keeps beside a shaper's state, in plain types.

    Numbers and text stand as they are, an array as a digest, anything else as its kind.
    """
    given = {name: _told(value) for name, value in shaper.built_with.items()}
    return {
        "kind": type(shaper).__name__,
        "version": shaper.version,
        "options": {**given, "update_every": shaper.update_every},
        "members": [identity(member) for member in shaper.members()],
    }


def check_identities(
    saved: Sequence[Mapping[str, Any]], shapers: Sequence[Shaper], run: str
) -> None:
    """Check shapers that stand above each other, as `check_identity` does one."""
    for was, shaper in zip(saved, shapers, strict=False):  # none are known of an older release
        check_identity(was, shaper, run)


def check_identity(saved: Mapping[str, Any], shaper: Shaper, run: str) -> None:
    """Refuse to go on with another shaper than the one that a state was saved by.

    Options that only one of both knows are passed over: they came or went with a release.

    Args:
        saved: What `identity` said then.
        shaper: The one of now.
        run: What goes on, for the message.

    Raises:
        UsageError: Kind, version or an option differs; the message names both values.
    """
    now = identity(shaper)
    _same(saved, now, run)
    for was, member in zip(saved["members"], shaper.members(), strict=True):
        check_identity(was, member, run)


def _same(saved: Mapping[str, Any], now: Mapping[str, Any], run: str) -> None:
    kinds = [[each["kind"], [m["kind"] for m in each["members"]]] for each in (saved, now)]
    if kinds[0] != kinds[1]:
        was, given = (f"{kind}({', '.join(members)})" for kind, members in kinds)
        raise UsageError(f"{run} goes on with its shaper {was}, not {given}; or start a new run")
    kind = saved["kind"]
    if saved["version"] != now["version"]:
        raise UsageError(
            f"{run} holds the state of a {kind} of version {saved['version']}, this one is of "
            f"{now['version']}: go on with the release that wrote it, or start a new run"
        )
    for name in saved["options"].keys() & now["options"].keys():
        was, given = saved["options"][name], now["options"][name]
        if was != given:
            raise UsageError(
                f"{run} was saved with {kind}({name}={_shown(was)}), not {name}={_shown(given)}: "
                "go on with the same options, or start a new run"
            )


def _told(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"array {value.shape} {digest[:16]}"
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _told(each) for key, each in value.items()}
    return f"a {type(value).__name__}"


def _shown(value: Any) -> str:
    shown = value if isinstance(value, str) and value.startswith(("a ", "array ")) else repr(value)
    return f"{shown:.60}"
