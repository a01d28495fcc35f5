"""The fuzzer: looks for programs, replies and files that break a promise of the sandbox.

    make fuzz                                       ten minutes (FUZZ_S), another seed each day
    python -m tests.fuzz --seconds 60 --seed 7      less, and the same again for the same seed
    python -m tests.fuzz --replay results/fuzz/X    one kept input, a .json or a program

A session (`session`) starts a process for each lane (`lane`) and restarts it after a crash. Every
input comes from a seed. What is made, and what must hold of it (`oracles`):

- programs: written from a grammar (`writer`, `grammar`, `programs`) with hostile bits (`hostile`).
  Reading them ends, fast, with findings or without; what it accepts runs in a worker whose
  `witness` (installed by `audit`) sees no file, no import and no value that is not listed.
- texts for the reading guided by coverage (`coverage`), where the extra `fuzz` is installed.
- replies of a worker that lies (`replies`), answers of a model (`answers`), files of a run that
  somebody changed (`files`, `crafted`): taken whole, or refused in one line.

A failing input is made small (`reduce`) and kept in `--out`. Once the fault is mended, its program
goes into `corpus/` (first line: the scene), which `test_fuzz.py` checks in every run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.fuzz.session import Session

STARTED = time.monotonic()


def main() -> int:
    """Run a session, one of its lanes, or one input."""
    options = _options()
    if options.replay:
        return _replay(options.replay)
    if options.lane:
        from tests.fuzz.lane import Lane, run

        number, lanes = map(int, options.lane.split("/"))
        lane = Lane(options.out, options.seed, number, lanes)
        until = STARTED + options.seconds
        run(lane, first=options.first, until=until, corpus=options.corpus)
        return 0
    return Session(options.out, options.seed, options.seconds, options.lanes).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--lanes", type=int, default=max(1, min(4, os.cpu_count() or 1)))
    parser.add_argument("--out", type=Path, default=Path("results/fuzz"))
    parser.add_argument("--replay", type=Path, help="a kept .json, or a program")
    parser.add_argument("--lane", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _replay(path: Path) -> int:
    from tests.fuzz import audit
    from tests.fuzz.answers import check_answer, check_predicate
    from tests.fuzz.files import Files
    from tests.fuzz.lane import Lane
    from tests.fuzz.oracles import Failure
    from tests.fuzz.replies import check_reply

    text = path.read_bytes().decode("utf-8", "replace")
    kept = json.loads(text) if path.suffix == ".json" else {"source": text}
    try:
        with tempfile.TemporaryDirectory() as folder:
            if "what" in kept:
                checks = {"replies": check_reply, "answers": check_answer}
                checks["predicates"] = check_predicate
                check = checks.get(kept["what"]) or Files(Path(folder)).check
                check(Random(kept["seed"]))
            else:
                audit.install()
                lane = Lane(Path(folder), "")
                lane.check_program(kept["source"], kept.get("scene", "table"))
                print(dict(lane.counts))
    except Failure as failure:
        print(failure)
        return 1
    print("holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
