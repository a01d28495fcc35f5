"""A session of lanes: started, watched, restarted after a crash, summed up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SILENCE_S = 120.0
"""Longer than anything that a lane does without a word."""

MAX_CRASHES = 5
"""Failures after which a lane that died is not started again."""


@dataclass
class Session:
    """What all lanes found so far.

    Attributes:
        out: Folder for failing inputs.
        seed: Seed of all inputs.
        seconds: How long to look.
        lanes: Processes at work.
    """

    out: Path
    seed: str
    seconds: float
    lanes: int
    failures: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _counts: dict[str, Counter[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def run(self) -> int:
        """Look for failures; return the exit code."""
        self.out.mkdir(parents=True, exist_ok=True)
        self._start = time.monotonic()
        threads = [threading.Thread(target=self._lane, args=(n,)) for n in range(self.lanes)]
        for thread in threads:
            thread.start()
        told = 0.0
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.2)
            if time.monotonic() - told > 10.0:
                told = time.monotonic()
                print(self._line(), flush=True)
        print(f"fuzz: {self._line()}; seed {self.seed}{self._notes()}")
        return 1 if self.failures or not self.count("programs") else 0

    def count(self, name: str) -> int:
        """Return a count over all lanes."""
        return sum(counts[name] for counts in self._counts.values())

    def _left(self) -> float:
        return self.seconds - (time.monotonic() - self._start)

    def _lane(self, number: int) -> None:
        corpus = self._coverage() if number == 0 else None
        first, before = 0, len(self.failures)
        while self._left() > 1.0 and len(self.failures) < before + MAX_CRASHES:
            first = self._watch(number, first, corpus)
            corpus = None

    def _coverage(self) -> Path | None:
        """Let atheris look for texts that reach new code of the reading, if it is installed."""
        try:
            import atheris  # noqa: F401
        except ImportError:
            self.notes.append("coverage-guided reading skipped: atheris is not installed")
            return None
        seconds = max(1, int(self.seconds * 0.15))
        command = [sys.executable, "-m", "tests.fuzz.coverage", str(self.out), str(seconds)]
        with (self.out / "coverage.log").open("wb") as log:
            code = subprocess.run([*command, self.seed], stdout=log, stderr=log, check=False)
        if code.returncode:
            log_text = (self.out / "coverage.log").read_text("utf-8", "replace")
            why = next((x for x in log_text.splitlines() if x.startswith("Failure: ")), "")
            kept = [path for what in ("crash", "timeout", "oom") for path in self._kept(what)]
            what = f"coverage-guided reading ended with {code.returncode}: {why}"
            self._fail({"failure": what, "file": str([*kept, self.out / "coverage.log"][0])})
        return self.out / "coverage"

    def _kept(self, what: str) -> list[Path]:
        return sorted(self.out.glob(f"coverage-{what}-*"), key=lambda path: path.stat().st_mtime)

    def _watch(self, number: int, first: int, corpus: Path | None) -> int:
        """Run a lane until it ends; return where the next one goes on."""
        command = [sys.executable, "-m", "tests.fuzz", "--lane", f"{number}/{self.lanes}"]
        command += ["--seed", self.seed, "--seconds", f"{self._left():.0f}", "--first", str(first)]
        command += ["--out", str(self.out), *(["--corpus", str(corpus)] if corpus else [])]
        lane = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert lane.stdout is not None
        assert lane.stderr is not None
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.extend(lane.stderr or ()))
        reader.start()
        alarm = _Alarm(lane)
        done = False
        for line in lane.stdout:
            alarm.restart()
            told = json.loads(line)
            done = done or "done" in told
            first = told.get("next", first)
            if "failure" in told:
                self._fail(told)
            else:
                self._counts[f"{number}.{lane.pid}"] = Counter(told["counts"])
        alarm.stop()
        lane.wait()
        reader.join()
        if not done:
            self._crashed(number, lane.returncode, "".join(errors))
        return first + 1

    def _crashed(self, number: int, code: int, errors: str) -> None:
        kept = self.out / f"crash-{number}-{len(self.failures)}.py"
        current = self.out / f"lane-{number}.py"
        if current.exists():
            kept.write_bytes(current.read_bytes())
        last = " ".join(errors.strip().splitlines()[-3:])[:600]
        self._fail({"failure": f"trusted-side-died: exit {code}: {last}", "file": str(kept)})
        time.sleep(1.0)

    def _fail(self, told: dict[str, Any]) -> None:
        if told.get("file") in self._seen:
            return
        self._seen.add(str(told.get("file")))
        self.failures.append(told)
        print(f"\nFAILURE {told['failure']}\n{told.get('source', '')}")
        print(f"replay: python -m tests.fuzz --replay {told.get('file')}\n", flush=True)

    def _line(self) -> str:
        seconds = time.monotonic() - self._start
        n, accepted, run = (self.count(name) for name in ("programs", "accepted", "run"))
        return (
            f"{seconds:4.0f} s, {n} programs ({n / max(seconds, 1):.0f}/s), "
            f"{accepted / max(n, 1):.0%} accepted, {run / max(accepted, 1):.0%} of those run "
            f"({self.count('remembers')} with memory); "
            f"{self.count('replies')} replies, {self.count('files')} files, "
            f"{self.count('answers')} answers; {len(self.failures)} failures"
        )

    def _notes(self) -> str:
        return "".join(f"; {note}" for note in self.notes)


class _Alarm:
    """Ends a lane that says nothing for too long, with its stack in the log."""

    def __init__(self, lane: subprocess.Popen[str]) -> None:
        self._lane = lane
        self._timer = self._new()

    def _new(self) -> threading.Timer:
        timer = threading.Timer(SILENCE_S, self._lane.send_signal, [signal.SIGABRT])
        timer.daemon = True
        timer.start()
        return timer

    def restart(self) -> None:
        """The lane said something."""
        self._timer.cancel()
        self._timer = self._new()

    def stop(self) -> None:
        """The lane has ended."""
        self._timer.cancel()
