"""What changed between two reward programs."""

from __future__ import annotations

import difflib

from rewardlab.program.program import RewardProgram


def program_diff(parent: RewardProgram, child: RewardProgram) -> str:
    """Return the unified diff from `parent` to `child`, `""` if their text is the same."""
    lines = difflib.unified_diff(
        parent.source.splitlines(),
        child.source.splitlines(),
        f"parent {parent.id[:12]}",
        f"child {child.id[:12]}",
        lineterm="",
    )
    return "".join(f"{line}\n" for line in lines)
