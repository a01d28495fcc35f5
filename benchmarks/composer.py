"""Does the offline composer do what it is asked? Its programs, scored on played trajectories.

For each sentence of `composer_goals.yaml` (and of two further sets, see their heads) the composer
writes a program, which must validate and pay the trajectory that does what was asked strictly more,
per step on average, than those that do not: the opposite, doing nothing, others named there. All of
a group begin in the same state. Where a sentence means the task's own goal, its program must
moreover pay a real solution of the task (`solved`) more than no motion at all (`still`). Sentences
to refuse must be refused with one clear line. All of this is the composed path; the programs of the
reference library, which the composer quotes for a task's very own sentence, are ranked apart.

Fails if the first set does not reach 90 % in both.

    python benchmarks/composer.py [TASK …] [--goals FILE …] [--no-probe] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from playback import SUITES, bank, own
from playback.film import Array, Bank

from rewardlab.coders.base import Request
from rewardlab.coders.extraction import extract
from rewardlab.coders.offline import OfflineComposer
from rewardlab.design.validate import validate
from rewardlab.envs.tasks import Task, task, tasks
from rewardlab.errors import GoalNotUnderstood, RewardlabError
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker

GOALS = [
    Path(__file__).with_name(f"composer_{name}.yaml") for name in ("goals", "held_out", "unseen")
]
PARTS = {"goals": "ranked rightly", "refuse": "refused rightly"}
WANTED = 0.9
OPPOSED = {"opposite", "idle", "backward", "front-flip", "back-flip"}


class Answer(NamedTuple):
    """What came of a sentence: `wrong` says why it does not count, and is empty if it does."""

    task: str
    say: str
    wrong: str


def request(t: Task, say: str) -> Request:
    """Return what a coder is asked."""
    return Request(t.id, say, t.scene, t.describe(), t.tips)


def judge(t: Task, played: Bank, case: Mapping[str, Any], *, probe: bool = True) -> Answer:
    """Compose for a sentence and rank what was played."""
    try:
        source = extract(OfflineComposer(library=False).write(request(t, case["say"])).text)
    except GoalNotUnderstood as error:
        return Answer(t.id, case["say"], f"refused: {error}")
    findings = (
        validate(RewardProgram(source), t.id).findings if probe else read(source, t.scene).findings
    )
    if any(finding.severity == "error" for finding in findings):
        return Answer(t.id, case["say"], f"not valid: {findings[0]}")
    return _ranked(t, source, played, case)


def _ranked(t: Task, source: str, played: Bank, case: Mapping[str, Any]) -> Answer:
    with RewardWorker(source, t.scene) as worker:
        paid = {name: pay(worker, rows) for name, rows in _needed(t, played, case)}
    return Answer(t.id, case["say"], _misrank(paid, case))


def pay(worker: RewardWorker, rows: Array) -> float:
    """Return the mean reward per step."""
    return float(worker.evaluate(rows).reward.mean())


def _needed(t: Task, played: Bank, case: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    for name, group in played.items():
        if case["wins"] in group or (name == "own" and case["wins"] == own(t)):
            yield from group.items()


def _misrank(paid: Mapping[str, float], case: Mapping[str, Any]) -> str:
    best = paid[case["wins"]]
    others = [name for name in paid if name not in (case["wins"], "solved", "still")]
    wrong = [
        f"{name} gets {paid[name]:.3f}, {case['wins']} {best:.3f}"
        for name in case.get("over", others)
        if not best > paid[name]
    ]
    if "solved" in paid and not paid["solved"] > paid["still"]:
        wrong.append(f"still gets {paid['still']:.3f}, solved {paid['solved']:.3f}")
    return "; ".join(wrong)


def refusal(t: Task, case: Mapping[str, Any]) -> Answer:
    """Ask for what must be refused."""
    try:
        reply = OfflineComposer(library=False).write(request(t, case["say"]))
    except GoalNotUnderstood as error:
        return Answer(t.id, case["say"], "several lines" if "\n" in str(error) else "")
    return Answer(t.id, case["say"], f"({case['why']}) taken for {reply.notes['plan']['skill']!r}")


def quoted(t: Task, played: Bank) -> Answer | None:
    """Rank what was played with the reference library's program for the task's own sentence."""
    reply = OfflineComposer().write(request(t, t.goal))
    if "library" not in reply.notes:
        return None
    wins = own(t)
    there = {name for group in played.values() if wins in group for name in group}
    case = {"say": t.goal, "wins": wins, "over": sorted(there & OPPOSED - {wins})}
    return _ranked(t, extract(reply.text), played, case)


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", help="only these")
    parser.add_argument("--goals", type=Path, nargs="+", default=GOALS, help="files of sentences")
    parser.add_argument("--no-probe", action="store_true", help="read programs only, do not probe")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    files = {path.stem: yaml.safe_load(path.read_text()) for path in args.goals}
    known = {e.id for e in tasks() if e.available and e.suite in SUITES}
    asked = {task_id for sets in files.values() for part in PARTS for task_id in sets[part]}
    chosen = sorted(asked & (set(args.tasks) or known) & known)
    answers = list(_answers(files, chosen, probe=not args.no_probe))
    report = {name: _report(answers, name) for name in (*files, "library")}
    missing = sorted(asked - known)
    print(json.dumps({**report, "not here": missing}, indent=1) if args.json else "")
    if not args.json:
        print(*_lines(report), *([f"not here: {', '.join(missing)}"] if missing else []), sep="\n")
    first = report[next(iter(files))]
    return 0 if min(_rate(first[part]) for part in PARTS) >= WANTED else 1


def _answers(
    files: Mapping[str, Any], chosen: Iterable[str], *, probe: bool
) -> Iterator[tuple[str, str, Answer]]:
    """Yield what came of all sentences: the set, the part of it, the answer."""
    for task_id in chosen:
        t = task(task_id)
        played = bank(t) if any(task_id in sets["goals"] for sets in files.values()) else {}
        for name, sets in files.items():
            for case in sets["goals"].get(task_id, ()):
                yield name, "goals", judge(t, played, case, probe=probe)
            for case in sets["refuse"].get(task_id, ()):
                yield name, "refuse", refusal(t, case)
        if played and (answer := quoted(t, played)):
            yield "library", "goals", answer


def _report(answers: Iterable[tuple[str, str, Answer]], name: str) -> dict[str, Any]:
    report = {}
    for part in PARTS:
        some = [answer for where, which, answer in answers if (where, which) == (name, part)]
        wrong = [answer._asdict() for answer in some if answer.wrong]
        report[part] = {"asked": len(some), "right": len(some) - len(wrong), "wrong": wrong}
    return report


def _rate(found: Mapping[str, Any]) -> float:
    return float(found["right"] / max(found["asked"], 1))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for name, parts in report.items():
        for part, found in parts.items():
            if found["asked"]:
                done = f"{found['right']} of {found['asked']} ({_rate(found):.1%})"
                yield f"{name}, {PARTS[part]}: {done}"
                yield from (f"  {w['task']}: {w['say']!r}: {w['wrong']}" for w in found["wrong"])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RewardlabError as error:
        sys.exit(str(error))
