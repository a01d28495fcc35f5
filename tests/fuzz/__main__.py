"""`python -m tests.fuzz`: what `make fuzz` runs; `--replay FILE` checks one kept input again."""

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
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--lanes", type=int, default=max(1, min(4, os.cpu_count() or 1)))
    parser.add_argument("--out", type=Path, default=Path("results/fuzz"))
    parser.add_argument("--replay", type=Path, help="a kept .json, or a program")
    for name, kind in (("--lane", str), ("--first", int), ("--corpus", Path)):
        parser.add_argument(
            name, type=kind, default=0 if kind is int else None, help=argparse.SUPPRESS
        )
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
