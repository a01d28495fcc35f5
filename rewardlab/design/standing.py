"""Where rounds stand, as their run folders tell: which one a run is, and what is not done yet."""

from __future__ import annotations

from rewardlab.design.feedback import Feedback
from rewardlab.program.program import RewardProgram
from rewardlab.training.lineage import ancestors, feedback_of, parent_of
from rewardlab.training.run import Run, list_runs


def number_of(run: Run) -> int:
    """Return which round a run is."""
    number = run.record.get("round")
    return number if isinstance(number, int) else 1


def rounds_of(run: Run) -> int:
    """Return how many rounds were asked for when a run began."""
    rounds = run.record.get("rounds")
    return rounds if isinstance(rounds, int) else 1


def before(run: Run) -> Run | None:
    """Return the run of the round before."""
    return next(iter(ancestors(run)[::-1]), None)


def newest(run: Run, rounds: int) -> Run:
    """Return the run of the last round, at most `rounds`, that was begun after a run."""
    runs = [r for r in list_runs(run.path.parent) if isinstance(r.record.get("round"), int)]
    seen: set[str] = set()
    while run.id not in seen:
        seen.add(run.id)
        for later in reversed(runs):
            parent = parent_of(later, [*runs, run])
            if parent and parent.id == run.id and number_of(later) <= rounds:
                run = later  # and go on from there
                break
    return run


def waiting(run: Run) -> tuple[Feedback | None, RewardProgram | None]:
    """Return what was said about a run, or the program made of it, that did not go on yet."""
    entry = next(iter(feedback_of(run)), None)
    if entry is None:
        return None, None
    if entry.get("child") is None:
        return Feedback.from_json(entry), None
    trained = {r.record.get("program_id") for r in list_runs(run.path.parent)}
    path = run.path / "next" / f"{str(entry['child'])[:12]}.py"
    made = entry["child"] not in trained and path.exists()
    return None, RewardProgram.load(path) if made else None
