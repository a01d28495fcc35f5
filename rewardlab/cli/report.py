"""Write a run's report: one self-contained report.html, and report.json, in the run folder.

Examples:
  rewardlab report window-close-ppo
"""

from __future__ import annotations

from dataclasses import dataclass

from rewardlab.cli.answer import Answer
from rewardlab.cli.flags import Json, Out, Run


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab report`."""

    run: Run
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Write it."""
    import rewardlab

    opened = rewardlab.Run.open(flags.run, out=flags.out)
    report = rewardlab.report(opened)
    return Answer({"run": opened.id, "path": str(report.path)}, str(report.path))
