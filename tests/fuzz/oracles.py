"""What must hold for every program, whoever wrote it: each breach is a `Failure`."""

from __future__ import annotations

import ast
import re
import resource
import time
import warnings
from collections.abc import Iterator

import numpy as np

from rewardlab.program import vocabulary
from rewardlab.program.kinds import SceneKinds
from rewardlab.program.reading import Reading, read
from rewardlab.program.schema import Schema
from rewardlab.sandbox.batch import Batch, WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.limits import Limits
from tests.fuzz import audit
from tests.fuzz.scenes import rows

LIMITS = Limits(call_s=2.0, load_s=4.0, memory_mib=256)
READ_S, READ_MIB = 2.0, 300
_EXPECTED = {"RewardTimeout", "RewardMemoryExceeded"}
_STATIC = {
    *("RewardSyntaxError", "SourceTooComplex", "RewardSignatureError", "ForbiddenSyntax"),
    *("ForbiddenImport", "ForbiddenAttribute", "UnknownName"),
}
_MISSING = re.compile(r"NameError: name '(\w+)' is not defined")
_NO_MEMBER = re.compile(r"(self[\w.]*) has no '(\w+)'")


class Failure(Exception):
    """Something that must hold does not.

    Args:
        kind: Stable name of the oracle.
        detail: One line.
    """

    def __init__(self, kind: str, detail: str) -> None:
        self.kind, self.detail = kind, " ".join(detail.split())[:400]
        super().__init__(f"{kind}: {self.detail}")

    @property
    def key(self) -> str:
        """What failures of the same cause share."""
        return f"{self.kind}: {re.sub(r'0x[0-9a-f]+|[0-9]+', '#', self.detail)[:90]}"


def check_reading(source: str, schema: Schema) -> Reading:
    """Read a program: it ends soon, raises nothing, agrees with itself."""
    start, before = time.process_time(), _peak_mib()
    try:
        reading = read(source, schema)
    except BaseException as error:
        raise Failure("reading-raises", f"{type(error).__name__}: {error}") from error
    seconds, mib = time.process_time() - start, _peak_mib() - before
    if seconds > READ_S or mib > READ_MIB:
        raise Failure("reading-hurts", f"{seconds:.1f} s, {mib} MiB")
    errors = [f for f in reading.findings if f.severity == "error"]
    if reading.ok == bool(errors) or any("\n" in str(f) for f in reading.findings):
        raise Failure("reading-inconsistent", f"ok={reading.ok}, {reading.findings}")
    if reading.tree is not None:
        check_tree(reading.tree)
    return reading


def check_tree(tree: ast.Module) -> None:
    """Check what is to be compiled: it can be, and holds none of what is never allowed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise Failure("private-attribute", node.attr)
        if isinstance(node, (ast.ClassDef, ast.Yield, ast.Await, ast.With, ast.Import)):
            raise Failure("forbidden-node", type(node).__name__)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<program>", "exec", dont_inherit=True)
    except Exception as error:
        raise Failure("not-compilable", f"{type(error).__name__}: {error}") from error


def check_running(source: str, schema: Schema, reading: Reading) -> str:
    """Run an accepted program where it is killed for what it tries, and where it is watched.

    Returns:
        How it ended on an ordinary state: `"run"` with a reward, `"remembers"` with one that the
        same state does not get again, else the fault's code.
    """
    states = rows(schema)
    plain = _run(source, schema, states, "1")
    watched = _run(source, schema, states, audit.SEED)
    for fault, batch in (plain, watched):
        _judge(fault, batch, reading, schema)
    fault, batch = plain
    if batch is None or (fault is not None and _bad(fault)[0]):
        return _code(fault)
    return "run" if _again(batch, fault) else "remembers"


def _again(batch: Batch, fault: WorkerFault | None) -> bool:
    """Whether the first state and its repetition at the end got the same; the probe asks so."""
    bad = fault is not None and _bad(fault)[-1]
    return not bad and batch.reward[0] == batch.reward[-1]


def _run(
    source: str, schema: Schema, states: np.ndarray, seed: str
) -> tuple[WorkerFault | None, Batch | None]:
    with RewardWorker(source, schema, mode="train", limits=LIMITS, hash_seed=seed) as worker:
        if not worker.ok:
            last = worker.findings[-1]
            return WorkerFault(last.code, last.message, line=last.line), None
        try:
            return None, worker.evaluate(states)
        except WorkerFault as fault:
            return fault, fault.batch


def _bad(fault: WorkerFault) -> np.ndarray:
    return fault.bad if fault.bad is not None else np.ones(1, bool)


def _code(fault: WorkerFault | None) -> str:
    return fault.code if fault is not None else ""


def _judge(
    fault: WorkerFault | None, batch: Batch | None, reading: Reading, schema: Schema
) -> None:
    if batch is not None:
        _check_batch(batch)
    if fault is None or fault.code in _EXPECTED:
        return
    if audit.MARK in fault.message:
        raise Failure("touches-outside", fault.message)
    if fault.code in ("SandboxViolation", "ProtocolViolation", "WorkerCrashed"):
        raise Failure(fault.code, fault.message)
    if fault.code in _STATIC:
        raise Failure("readings-disagree", f"{fault.code}: {fault.message}")
    assert reading.tree is not None
    for name in _missing(fault.message, reading.tree, schema):
        raise Failure("missing-name", f"{name}: {fault.message}")


def _check_batch(batch: Batch) -> None:
    n, k = len(batch.reward), len(batch.names)
    if batch.terms.shape != (n, k) or batch.present.shape != (n, k):
        raise Failure("batch-shapes", f"{batch.terms.shape} {batch.present.shape} {n} {k}")
    if not np.isfinite(batch.reward).all() or not np.isfinite(batch.terms).all():
        raise Failure("batch-not-finite", str(batch.reward))


def _missing(message: str, tree: ast.Module, schema: Schema) -> Iterator[str]:
    """Yield what a program misses that the reading should have missed before it."""
    if "ImportError" in message or "ModuleNotFoundError" in message:
        yield "import"
    name = _MISSING.search(message)
    if name and name[1] not in _bound(tree.body):
        yield name[1]
    member = _NO_MEMBER.search(message)
    if member and _is_certain(member[1], member[2], tree, schema):
        yield member[2]


def _bound(body: list[ast.stmt]) -> set[str]:
    """Return the names that a module's own statements bind: their order is the program's logic."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
    return names


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _is_certain(owner: str, member: str, tree: ast.Module, schema: Schema) -> bool:
    """Whether the text says it outright, or no part of the scene and no value has such a member."""
    known = SceneKinds(schema).names | vocabulary.METHODS.keys() | vocabulary.ATTRIBUTES
    if member not in known:
        return True
    named = [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg) and n.arg == "self"]
    return len(named) == 1 and f"{owner}.{member}" in ast.unparse(tree)


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
