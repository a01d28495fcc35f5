"""One process of the fuzzer: makes inputs from seeds, checks them, tells what it found as JSON."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from rewardlab.errors import WorkerStartError
from rewardlab.sandbox import spawn
from tests.fuzz import audit
from tests.fuzz.answers import check_answer, check_predicate
from tests.fuzz.files import Files
from tests.fuzz.oracles import Failure, check_reading, check_running
from tests.fuzz.programs import write
from tests.fuzz.reduce import reduce
from tests.fuzz.replies import check_reply
from tests.fuzz.scenes import SCENES

EVERY = 10
"""Programs between two rounds of everything else."""


@dataclass
class Lane:
    """What a lane is asked to do, and what it did.

    Attributes:
        out: Folder for failing inputs.
        seed: Seed of all inputs.
        number: Which lane; input `i` belongs to lane `i % lanes`.
        lanes: How many there are.
        counts: Inputs, programs accepted, run …
        failures: How often each cause was met.
    """

    out: Path
    seed: str
    number: int = 0
    lanes: int = 1
    counts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    def check_program(self, source: str, scene: str) -> None:
        """Read a program and, if it is accepted, run it."""
        self.counts["programs"] += 1
        schema = SCENES[scene]
        reading = check_reading(source, schema)
        if reading.ok:
            self.counts["accepted"] += 1
            ended = check_running(source, schema, reading)
            self.counts[ended] += 1
            self.counts["run"] += ended == "remembers"

    def try_program(self, source: str, scene: str, origin: str) -> None:
        """Check a program; keep it, made small, if something does not hold."""
        (self.out / f"lane-{self.number}.py").write_bytes(source.encode("utf-8", "surrogatepass"))
        try:
            self.check_program(source, scene)
        except WorkerStartError as error:
            self._keep(
                Failure("worker-start", str(error)), source, {"scene": scene, "from": origin}
            )
        except Failure as failure:
            self.failures[failure.key] += 1
            if self.failures[failure.key] == 1:
                kind = failure.kind
                small = reduce(source, lambda text: self._fails(text, scene, kind))
                self._keep(failure, small, {"scene": scene, "from": origin})

    def _fails(self, source: str, scene: str, kind: str) -> bool:
        schema = SCENES[scene]
        try:
            reading = check_reading(source, schema)
            if reading.ok:
                check_running(source, schema, reading)
        except Failure as failure:
            return failure.kind == kind
        return False

    def attempt(self, what: str, check: Callable[[Random], None], n: int, i: int) -> None:
        """Check `n` inputs of another kind."""
        for k in range(n):
            seed = f"{what}:{self.seed}:{i}:{k}"
            self.counts[what] += 1
            try:
                check(Random(seed))
            except Failure as failure:
                self.failures[failure.key] += 1
                if self.failures[failure.key] == 1:
                    self._keep(failure, "", {"seed": seed, "what": what})

    def _keep(self, failure: Failure, source: str, facts: dict[str, Any]) -> None:
        name = f"{failure.kind}-{hashlib.sha256(failure.key.encode()).hexdigest()[:8]}"
        record = {"failure": str(failure), **facts, "file": str(self.out / f"{name}.json")}
        text = source.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")
        (self.out / f"{name}.json").write_text(json.dumps({**record, "source": source}, indent=1))
        (self.out / f"{name}.py").write_text(text)
        print(json.dumps({**record, "source": text}), flush=True)


def run(lane: Lane, *, first: int, until: float, corpus: Path | None) -> None:
    """Check inputs until a moment of the monotonic clock, telling counts once a second."""
    faulthandler.enable()
    warnings.simplefilter("error")
    audit.install()
    told = 0.0
    with tempfile.TemporaryDirectory(prefix="rewardlab-fuzz-") as folder:
        files = Files(Path(folder))
        growth = Growth()
        texts = _texts(corpus)
        i = first * lane.lanes + lane.number
        while time.monotonic() < until:
            source, scene, origin = texts.pop() if texts else program(lane.seed, i)
            lane.try_program(source, scene, origin)
            if i // lane.lanes % EVERY == 0:
                lane.attempt("replies", check_reply, 30, i)
                lane.attempt("files", files.check, 1, i)
                lane.attempt("answers", check_answer, 3, i)
                lane.attempt("predicates", check_predicate, 3, i)
            i += lane.lanes
            if time.monotonic() - told > 1.0:
                lane.attempt("growth", growth.check, 1, i)
                told = time.monotonic()
                print(json.dumps({"counts": lane.counts, "next": i // lane.lanes}), flush=True)
    spawn.close_all()
    print(json.dumps({"counts": lane.counts, "done": True}), flush=True)


def program(seed: str, i: int) -> tuple[str, str, str]:
    """Return the program of a seed and number, its scene, and how to make it again."""
    rng = Random(f"{seed}:{i}")
    scene = rng.choice(list(SCENES))
    return write(rng, SCENES[scene]), scene, f"{seed}:{i}"


def _texts(corpus: Path | None) -> list[tuple[str, str, str]]:
    """Return the texts that another engine found interesting."""
    if corpus is None or not corpus.is_dir():
        return []
    found = [(p.read_bytes().decode("utf-8", "replace"), p.name) for p in sorted(corpus.iterdir())]
    return [(text, "table", name) for text, name in found]


class Growth:
    """Descriptors, processes and memory of this process must not grow with what it checks."""

    def __init__(self) -> None:
        self._first: tuple[int, int, int] | None = None
        self._calls = 0

    def check(self, _: Random) -> None:
        """Compare with what there was after warming up."""
        self._calls += 1
        now = (len(os.listdir("/proc/self/fd")), _children(), _resident_mib())
        if self._calls == 20:
            self._first = now
        if self._first is None:
            return
        limits = (8, 8, 400)
        if any(b > a + more for a, b, more in zip(self._first, now, limits, strict=True)):
            raise Failure("growth", f"descriptors, processes, MiB: {self._first} became {now}")


def _children() -> int:
    """Return how many processes descend from this one."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(stat[1])
    ours = {os.getpid()}
    for _ in range(4):
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    return len(ours)


def _resident_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20
