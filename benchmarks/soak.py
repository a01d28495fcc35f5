"""Long runs of the jail: nothing drifts, nothing leaks.

Calls: millions through one worker, in batches of 1, 8 and 256; every value is compared with the
first of its row, memory of both sides must not grow. Validations: a thousand programs in a row,
good ones and such as are refused, fail, hang, flood, use up memory, crash or break out, through the
command line's function and, for a share, real command lines; afterwards there must be no more
processes, descriptors, shared memory or temporary files than before, and no more memory.

    python benchmarks/soak.py [--calls 2000000] [--programs 1000] [--processes 20]

Exit code 1 if something drifted, leaked or was judged wrongly.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import contextlib
import gc
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rewardlab.cli import main as command_line
from rewardlab.envs.tasks import task as get_task
from rewardlab.sandbox.batch import Batch, WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits

TASK = "locomotion/half-cheetah-forward"
HEAD = "def compute_dense_reward(self, action):\n"
MEMORY_KIB = {"worker": 1024, "parent": 8192}
"""What each side may have grown by at the end."""

GOOD = """
    body = self.cheetah
    run = np.tanh(body.top.velocity_x / {i}.0)
    up = np.clip(body.torso.up_vector[2], 0.0, 1.0)
    return run + 0.5 * up, {{"run": run, "up": 0.5 * up}}
"""
KINDS = {
    "good": (GOOD, 0),
    "refused": ("    import os\n    return float(os.getpid() + {i})\n", 1),
    "no program": ("    return (\n", 1),
    "failing": ("    return np.zeros(3)[{i} + 5]\n", 1),
    "not finite": ("    return np.log(-1.0 - {i} - self.time)\n", 1),
    "not scalar": ("    return self.cheetah.torso.up_vector * {i}\n", 1),
    "flooding": ("    for n in range(100000):\n        print({i}, n)\n    return self.time\n", 1),
}
"""Bodies that a validation sees most of the time, and its exit code."""

COSTLY = {
    "hanging": ("    while self.time > -{i} - 1.0:\n        pass\n    return 1.0\n", 1),
    "greedy": ("    return float(np.ones((10**6, 1000)).sum() * self.time) + {i}\n", 1),
}
"""Bodies that take a second or more: one program in fifty."""

OUTLAWS = {
    "crashing": ("    import ctypes\n    ctypes.string_at(0)\n", "WorkerCrashed"),
    "breaking out": ("    open('/etc/passwd')\n", "SandboxViolation"),
    "leaving": ("    import os\n    os._exit(0)\n", "WorkerCrashed"),
    "lying": (
        "    import os, time\n    os.write(4, b'X' * 9)\n    time.sleep(60)\n",
        "ProtocolViolation",
    ),
    "silent": ("    import time\n    time.sleep(60)\n", "RewardTimeout"),
}
"""Bodies that no reading lets pass, so they go to a worker directly, and how that ends."""


class Held(NamedTuple):
    """What this process and its children hold; `segments` are those of the whole machine."""

    processes: int
    descriptors: int
    memories: int
    segments: int
    files: int


def held(folder: Path) -> Held:
    """Count what this process and its children hold; `folder` is where temporary files go."""
    gc.collect()
    pids = family()
    links = [link for pid in pids for link in descriptors(pid)]
    memories = sum("memfd:" in link for link in links)
    segments = len(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else 0
    segments += sum(
        len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines())
        for kind in ("shm", "sem", "msg")
        if os.path.exists(f"/proc/sysvipc/{kind}")
    )
    return Held(len(pids), len(links), memories, segments, len(list(folder.iterdir())))


def family() -> list[int]:
    """Return this process and all that descend from it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            parents[int(name)] = int(stat[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def descriptors(pid: int) -> list[str]:
    """Return what the descriptors of a process point to."""
    links = []
    with contextlib.suppress(OSError):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return links


def resident(pid: int) -> int:
    """Return the memory of a process [KiB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def calls(total: int, n: int) -> list[str]:
    """Send so many states (`n` > 1) or calls through one worker; return what went wrong."""
    schema = get_task(TASK).scene
    rows = np.random.default_rng(0).normal(size=(256, schema.row_size))
    wrong: list[str] = []
    with RewardWorker(HEAD + GOOD.format(i=2), schema) as worker:
        parts = [rows[at : at + n] for at in range(0, 256, n)]
        first = [bits(worker.evaluate(part)) for part in parts]
        count, memory = max(total // n, len(parts)), []
        start = time.perf_counter()
        for i in range(count):
            if bits(worker.evaluate(parts[i % len(parts)])) != first[i % len(parts)]:
                return [f"batch {n}: call {i:,} differs from the first of its rows"]
            if i % max(count // 20, 1) == 0:
                memory.append({"worker": resident(worker.pid), "parent": resident(os.getpid())})
        took = time.perf_counter() - start
        for side, most in MEMORY_KIB.items():
            # The first twentieth is for caches to fill.
            grown = memory[-1][side] - memory[1][side]
            print(f"batch {n}: {side} {memory[-1][side]:,} KiB, grown by {grown:,} KiB")
            if grown > most:
                wrong.append(f"batch {n}: the {side} grew by {grown:,} KiB")
    print(
        f"batch {n}: {count:,} calls, {took / count / n * 1e6:.1f} µs per state, all values equal"
    )
    return wrong


def bits(batch: Batch) -> bytes:
    """Return all numbers of a batch, bit for bit."""
    return batch.reward.tobytes() + batch.terms.tobytes() + batch.present.tobytes()


def validations(programs: int, processes: int, folder: Path) -> list[str]:
    """Validate programs in a row; return what went wrong."""
    wrong: list[str] = []
    everything = [*KINDS, *COSTLY, *OUTLAWS]
    for i, kind in enumerate(everything):
        wrong += judge(kind, i + 1, folder)
    before, memory = held(folder), resident(os.getpid())
    start = time.perf_counter()
    for i in range(programs):
        rare = [*COSTLY, *OUTLAWS]
        kind = rare[i // 25 % len(rare)] if i % 25 == 24 else list(KINDS)[i % len(KINDS)]
        wrong += judge(kind, i % 997 + 1, folder)
        if i % max(programs // 20, 1) == 0:
            grown = resident(os.getpid()) - memory
            print(f"{i:,} programs, {grown:,} KiB more, {held(folder)}", flush=True)
    for i in range(processes):
        wrong += judge(list(KINDS)[i % len(KINDS)], i + 1, folder, alone=True)
    took, after, grown = time.perf_counter() - start, held(folder), resident(os.getpid()) - memory
    print(f"{programs:,} programs and {processes} command lines in {took:.0f} s")
    print(f"before {before}\nafter  {after}\nmemory grown by {grown:,} KiB")
    if any(b > a for a, b in zip(before, after, strict=True)):
        wrong.append(f"left behind: before {before}, after {after}")
    if grown > MEMORY_KIB["parent"]:
        wrong.append(f"this process grew by {grown:,} KiB")
    return wrong


def judge(kind: str, i: int, folder: Path, *, alone: bool = False) -> list[str]:
    """Validate one program; return what is wrong with the verdict."""
    if kind in OUTLAWS:
        return outlaw(kind)
    body, wanted = (KINDS | COSTLY)[kind]
    path = folder / "program.py"
    path.write_text(HEAD + body.format(i=i))
    command = ["validate", str(path), "--task", TASK, "--json", "--allow-degraded-sandbox"]
    if alone:
        whole = [sys.executable, "-m", "rewardlab", *command]
        done = subprocess.run(whole, capture_output=True, text=True, check=False)
        code, said = done.returncode, done.stdout
    else:
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()),
        ):
            code = command_line(command)
        said = out.getvalue()
    path.unlink()
    return [] if code == wanted else [f"{kind} program {i}: exit code {code}, not {wanted}: {said}"]


def outlaw(kind: str) -> list[str]:
    """Let a program past the reading, into a worker; return what is wrong with its end."""
    body, wanted = OUTLAWS[kind]
    schema = get_task(TASK).scene
    code = "nothing"
    with RewardWorker(
        HEAD + body, schema, limits=Limits(call_s=0.3), _guards=Guards(reading=False)
    ) as worker:
        try:
            for _ in range(100):
                worker.evaluate(np.zeros((1, schema.row_size)))
                time.sleep(0.001)
        except WorkerFault as fault:
            code = fault.code
    return [] if code == wanted else [f"{kind} program: ended in {code}, not {wanted}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2_000_000, help="calls, and states in batches")
    parser.add_argument("--programs", type=int, default=1000, help="programs to validate in a row")
    parser.add_argument("--processes", type=int, default=20, help="command lines among them")
    args = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        tempfile.tempdir = name
        if args.programs:
            wrong += validations(args.programs, args.processes, Path(name))
        for n in (1, 8, 256) if args.calls else ():
            wrong += calls(args.calls, n)
        tempfile.tempdir = None
    print("\n".join(wrong) or "nothing drifted, nothing leaked, every verdict right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
