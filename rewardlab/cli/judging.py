"""The end of `rewardlab run`: how good the last run is, and what may come next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.runs import entry
from rewardlab.store.text import percent

if TYPE_CHECKING:
    from rewardlab.cli.run import Flags
    from rewardlab.training.run import Run


def answer(opened: Run, flags: Flags) -> Answer:
    """Say how good a run is, and what may come next."""
    from rewardlab.evaluation.evaluate import last_evaluation
    from rewardlab.evaluation.facts import apart_of, own_task, run_name

    result = last_evaluation(opened)
    assert result is not None
    report = opened.path / "report.html"
    video = opened.path / result.video if result.video else None
    document: dict[str, Any] = {
        **entry(opened),
        "evaluation": result.to_json(),
        "report": str(report),
        "video": str(video) if video else None,
    }
    lines = [
        f"success {percent(result.success, result.success_ci)} over {result.episodes} episodes",
        *([f"note    {apart_of(opened)}"] if apart_of(opened) else []),
        f"report  {report}",
        *([f"video   {video}"] if video else []),
        *([f"kept    {result.kept} in the library of examples"] if result.kept else []),
        f'next    rewardlab refine {shlex.quote(run_name(opened))} "what should change"'
        f"{own_task(opened.config)}",
    ]
    wanted = flags.min_success
    missed = wanted is not None and (result.success is None or result.success < wanted)
    if missed:
        note(f"success is below the {wanted:.0%} that --min-success asks for")
    return Answer(document, "\n".join(lines), 1 if missed else 0)
