"""Whether the correcting loop does what its coder's error rates imply, and what each part adds.

    python benchmarks/coder.py            # about four minutes on a core; stopped, it goes on
    python benchmarks/coder.py --page     # writes the page again from the rows

A scripted coder behind a real HTTP server (`coder_server.py`) writes programs that are broken in
known ways and corrects them with known probabilities. Arms: no exploring, teacher-free (TF),
teacher-guided (TG), both, both with memory. Rules are off, so that the share of programs that run
after r corrections is `p_ok + Σ_c p_c (1 − (1 − q_c)^r)`. That checks the loop, not the idea: no
improvement is claimed here, for the errors are scripted. Rows go to `results/e2cl/coder/`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import coder_page
from coder_server import MARK, serving, task_of

from rewardlab.coders.base import Reply, Request
from rewardlab.coders.cache import ReplyCache
from rewardlab.coders.chat import ChatCoder
from rewardlab.coders.corrections.file import read
from rewardlab.coders.endpoint import Endpoint
from rewardlab.design.budget import Budget
from rewardlab.design.candidate import Loop, quiet
from rewardlab.design.correcting import Explored
from rewardlab.design.exploring import explorer
from rewardlab.design.generate import first_request
from rewardlab.design.practised import row_of
from rewardlab.design.recalling import correcting
from rewardlab.design.transcript import Transcript
from rewardlab.design.validate import as_task, validate
from rewardlab.design.verdict import Verdict
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import append_json

FOLDER = Path(__file__).resolve().parents[1] / "results" / "e2cl" / "coder"
ROUNDS = 3
ARMS: dict[str, dict[str, Any]] = {
    "none": {"teachers": "none"},
    "TF": {"teachers": "free"},
    "TG": {"teachers": "guided"},
    "both": {"teachers": "both"},
    "both + memory": {"teachers": "both", "memory": 2},
}
task_at = cache(as_task)


@cache
def checked(source: str, task_id: str) -> Verdict:
    """Validate a program, once for all arms."""
    return validate(RewardProgram(source, origin="scripted"), task_at(task_id))


@cache
def explored(source: str, task_id: str, teachers: Any) -> Explored:
    """Explore a program, once for all arms; what statistics find comes first, as in `explorer`."""
    if teachers == "both":
        free = explored(source, task_id, "free")
        return free if free.findings else explored(source, task_id, "guided")
    program, task = RewardProgram(source, origin="scripted"), task_at(task_id)
    return explorer(task, teachers)(program, checked(source, task_id))


class Counting(ChatCoder):
    """A chat coder that counts tokens."""

    tokens = 0

    def write(self, request: Request) -> Reply:
        """Answer a request."""
        reply = super().write(request)
        self.tokens += sum(reply.tokens.values())
        return reply


def one(i: int, coder: Counting, arm: str, corrections: Path) -> dict[str, Any]:
    """Let one program be written in one arm; return its row."""
    task_id = task_of(i)
    task, options = task_at(task_id), ARMS[arm]
    loop = Loop(
        coder=coder,
        check=lambda program: checked(program.source, task_id),
        max_repairs=ROUNDS,
        transcript=Transcript(None),
        on_event=quiet,
        budget=Budget(),
        correcting=correcting(
            task,
            corrections=corrections,
            memory=options.get("memory", 0),
            explore=lambda program, _: explored(program.source, task_id, options["teachers"]),
        ),
    )
    (found,) = loop.run([replace(first_request(task, task.goal, seed=0), sample=i)])
    marks = [MARK.search(draft.text) for draft in found.drafts]
    truth = [mark[2] if mark else "?" for mark in marks]
    seen = [draft.severity.error for draft in found.drafts]
    row = row_of(i, found).to_json()
    spent, coder.tokens = coder.tokens, 0
    return {"arm": arm, "task": task_id, **row, "truth": truth, "seen": seen, "tokens": spent}


def run(n: int, folder: Path) -> None:
    """Do what is missing of every arm."""
    file = folder / "rows.jsonl"
    lines = file.read_text().splitlines() if file.is_file() else []
    rows = [json.loads(line) for line in lines]
    with serving() as url, tempfile.TemporaryDirectory() as scratch:
        for arm in ARMS:
            done = {row["sample"] for row in rows if row["arm"] == arm}
            if len(done) >= n:
                continue
            if done and ARMS[arm].get("memory"):  # what it remembered is gone
                rows = [row for row in rows if row["arm"] != arm]
                file.write_text("".join(json.dumps(row) + "\n" for row in rows))
                done = set()
            corrections = Path(scratch) / f"{arm}.jsonl"
            cache_ = ReplyCache(Path(scratch) / "replies")
            coder = Counting("scripted", endpoint=Endpoint(url), cache=cache_)
            began = time.perf_counter()
            for i in (i for i in range(n) if i not in done):
                append_json(file, one(i, coder, arm, corrections))
            kept = read(corrections).records
            hollow = sum(record.hollow for record in kept)
            worse = sum(r.severity_after > r.severity_before for r in kept)
            print(
                f"{arm}: {len(kept)} corrections, {hollow} hollow, {worse} worse, "
                f"{time.perf_counter() - began:.0f} s",
                flush=True,
            )


def main() -> None:
    """Run and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("-n", type=int, default=240, help="programs (240)")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--page", action="store_true", help="only write the page")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if not args.page:
        run(args.n, args.out)
    coder_page.write(args.out)


if __name__ == "__main__":
    main()
