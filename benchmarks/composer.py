"""Does the offline composer do what it is asked? Its programs, scored on played trajectories.

For each sentence of `composer_goals.yaml` the composer writes a program, which must validate and
pay the trajectory that does what was asked strictly more, per step on average, than those that do
not: the opposite, doing nothing, others named there. All of a group begin in the same state. A
sentence that means the task's own goal must moreover pay a real solution of the task
(`solved`), where one is scripted, more than no motion at all (`still`). Sentences to refuse must be
refused with one clear line.

    python benchmarks/composer.py [TASK …] [--goals FILE] [--no-probe] [--json]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from playback import bank, own
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

GOALS = Path(__file__).with_name("composer_goals.yaml")
WANTED = 0.9


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


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", help="only these")
    parser.add_argument("--goals", type=Path, default=GOALS, help="file of sentences")
    parser.add_argument("--no-probe", action="store_true", help="read programs only, do not probe")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    asked = yaml.safe_load(args.goals.read_text())
    known = {entry.id for entry in tasks() if entry.available}
    missing = sorted({*asked["goals"], *asked["refuse"]} - known)
    report: dict[str, Any] = {"not here": missing}
    for part in ("goals", "refuse"):
        chosen = {k: v for k, v in asked[part].items() if k in (args.tasks or known) and k in known}
        answers = list(_ask(part, chosen, probe=not args.no_probe))
        report[part] = {
            "asked": len(answers),
            "right": sum(not answer.wrong for answer in answers),
            "wrong": [answer._asdict() for answer in answers if answer.wrong],
        }
    print(json.dumps(report, indent=1) if args.json else _text(report))
    rates = [report[p]["right"] / max(report[p]["asked"], 1) for p in ("goals", "refuse")]
    return 0 if min(rates) >= WANTED else 1


def _ask(part: str, chosen: Mapping[str, Any], *, probe: bool) -> Iterator[Answer]:
    for task_id, cases in chosen.items():
        t = task(task_id)
        played = bank(t) if part == "goals" else {}
        for case in cases:
            yield judge(t, played, case, probe=probe) if part == "goals" else refusal(t, case)


def _text(report: Mapping[str, Any]) -> str:
    lines = []
    for part, title in (("goals", "ranked rightly"), ("refuse", "refused rightly")):
        right, asked = report[part]["right"], report[part]["asked"]
        lines.append(f"{title}: {right} of {asked} ({right / max(asked, 1):.1%}), wanted 90 %")
        lines += [f"  {w['task']}: {w['say']!r}: {w['wrong']}" for w in report[part]["wrong"]]
    if report["not here"]:
        lines.append(f"not here, so not asked: {', '.join(report['not here'])}")
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RewardlabError as error:
        sys.exit(str(error))
