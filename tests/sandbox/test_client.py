from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable

import numpy as np
import pytest

from rewardlab.errors import SandboxError, UsageError
from rewardlab.program.schema import Schema
from rewardlab.sandbox import spawn
from rewardlab.sandbox.batch import WorkerFault
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.facade import facade
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.namespace import namespace

GOOD = """
def compute_dense_reward(self, action):
    reach = np.linalg.norm(self.robot.ee_position - self.goal_position)
    moved = np.linalg.norm(self.robot.ee_position - self.previous.robot.ee_position)
    terms = {"reach": 1 - np.tanh(5 * reach), "moved": moved, "effort": -0.01 * action @ action}
    if self.robot.touching:
        terms["touch"] = tolerance(self.angle, (0.5, 1.0), margin=0.3)
    return sum(terms.values()), terms
"""

Start = Callable[..., RewardWorker]


def natively(source: str, schema: Schema, rows: np.ndarray) -> list[float]:
    names = namespace(print)
    exec(source, names)
    live, values = facade(schema), []
    for row in rows:
        live.buffer[:] = row
        values.append(float(names["compute_dense_reward"](live.scene, live.action())[0]))
    return values


def test_batches_equal_native_values_bit_for_bit(worker: Start, schema: Schema, rows) -> None:
    rows = rows.copy()
    rows[:, schema.layout["robot.touching"].start] = np.arange(64) % 3 > 1
    one = worker(GOOD)
    wanted = natively(GOOD, schema, rows)
    singles = [one.evaluate(rows[i : i + 1]).reward[0] for i in range(64)]
    eights = [x for i in range(0, 64, 8) for x in one.evaluate(rows[i : i + 8]).reward]
    assert singles == wanted
    assert eights == wanted
    many = one.evaluate(np.tile(rows, (20, 1)))
    assert many.reward.tolist() == wanted * 20
    assert many.names == one.terms == ("reach", "moved", "effort", "touch")
    assert many.present[:3, 3].tolist() == [False, False, True]
    np.testing.assert_allclose(many.terms.sum(axis=1), many.reward)


def test_a_third_argument_is_the_raw_observation(worker: Start, schema: Schema, rows) -> None:
    one = worker("def compute_dense_reward(self, action, obs):\n    return float(obs.sum())")
    slot = schema.layout["obs"]
    got = one.evaluate(rows).reward
    np.testing.assert_array_equal(got, [row[slot.start : slot.stop].sum() for row in rows])


def test_a_refused_program_gets_no_process(worker: Start, rows) -> None:
    one = worker("import os\ndef compute_dense_reward(self, action):\n    return os.getpid()")
    assert not one.ok
    assert next(f.severity for f in one.findings) == "error"
    with pytest.raises(SandboxError):
        one.evaluate(rows)


BODIES = {
    "return np.zeros(3) + self.angle": "NotScalarReward",
    "return 'x' if self.time else 1.0": "NotScalarReward",
    "return 1.0, {'a b': 1.0}": "InvalidRewardInfo",
    "return 1.0, {'a': np.zeros(2)}": "InvalidRewardInfo",
    "return float(np.log(-1.0 - 0 * self.angle))": "NonFiniteReward",
    "return 1.0, {'a': np.inf}": "NonFiniteReward",
    "return 10 ** 400": "NonFiniteReward",
    "return 1e39 + 0 * self.angle": "NonFiniteReward",
    "return 1 / (self.angle - self.angle)": "RewardRuntimeError",
    "for i in range(10**6):\n    print(self.angle)\nreturn 1.0": "OutputLimit",
}


@pytest.mark.parametrize("body", BODIES)
def test_bad_results_have_their_code(worker: Start, rows, body: str) -> None:
    code = textwrap.indent(body, "    ")
    one = worker(f"def compute_dense_reward(self, action):\n{code}\n")
    if not one.ok:
        assert BODIES[body] in {f.code for f in one.findings}
        return
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows[:4])
    assert caught.value.code == BODIES[body]
    assert caught.value.row == 0


def test_the_other_rows_and_the_line_are_known(worker: Start, rows) -> None:
    one = worker(
        """
        def compute_dense_reward(self, action):
            if self.angle > 100:
                return np.ones(3)[5]
            return 2.0
        """
    )
    rows = rows[:3].copy()
    rows[1] = 1000.0
    with pytest.raises(WorkerFault) as caught:
        one.evaluate(rows)
    fault = caught.value
    assert (fault.row, fault.line) == (1, 4)
    assert "IndexError" in fault.message
    assert fault.batch is not None
    assert fault.batch.reward.tolist() == [2.0, 0.0, 2.0]
    assert one.evaluate(rows[:1]).reward.tolist() == [2.0]


def test_rows_of_another_scene_are_refused(worker: Start, rows) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        worker(GOOD).evaluate(rows[:, :-1])


def test_more_terms_than_a_frame_holds_are_dropped(worker: Start, rows) -> None:
    one = worker(
        """
        def compute_dense_reward(self, action):
            return 1.0, {"t" + str(i): 1.0 for i in range(100)}
        """
    )
    batch = one.evaluate(rows[:2])
    assert len(batch.names) == 64
    assert batch.present.all()


def test_descriptors_and_processes_do_not_grow(schema: Schema, rows, descriptors) -> None:
    RewardWorker(GOOD, schema).close()
    before = descriptors()
    pids = []
    for _ in range(50):
        with RewardWorker(GOOD, schema) as one:
            one.evaluate(rows[:1])
            pids.append(one.pid)
    assert descriptors() == before
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids[:-1])


def test_killed_worker_is_one_clear_fault(worker: Start, rows) -> None:
    one = worker(GOOD)
    os.kill(one.pid, signal.SIGKILL)
    with pytest.raises(WorkerFault, match="SIGKILL"):
        one.evaluate(rows)
    assert one.closed


def test_killed_zygote_ends_its_workers_and_is_replaced(worker: Start, rows, alive) -> None:
    one = worker(GOOD)
    os.kill(spawn.zygote().facts(Limits()).pid, signal.SIGKILL)
    assert gone([one.pid], alive)
    with pytest.raises(WorkerFault):
        one.evaluate(rows)
    assert worker(GOOD).evaluate(rows[:1]).reward.shape == (1,)


def test_a_zygote_lost_unnoticed_is_replaced(worker: Start, rows) -> None:
    spawn.zygote().facts(Limits())
    spawn.zygote()._control.shutdown(socket.SHUT_RDWR)
    assert worker(GOOD).evaluate(rows[:1]).reward.shape == (1,)


PARENT = """
import json, os, sys, time
import numpy as np
from rewardlab.program.schema import Schema
from rewardlab.sandbox import spawn
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.limits import Limits

schema = Schema.from_json(json.loads(sys.argv[1]))
limits = Limits(call_s=60)
idle = RewardWorker("def compute_dense_reward(self, action):\\n    return 1.0", schema)
busy = RewardWorker(
    "def compute_dense_reward(self, action):\\n    while self.time < 9: pass\\n    return 1.0",
    schema, limits=limits,
)
zygote = spawn.zygote().facts(limits).pid
print(json.dumps([zygote, idle.pid, busy.pid]), flush=True)
if sys.argv[2] == "interrupt":
    time.sleep(0.1)
    try:
        time.sleep(20)
    except KeyboardInterrupt:
        pass
    print(idle.evaluate(np.zeros((1, schema.row_size))).reward[0], flush=True)
elif sys.argv[2] == "fork":
    if os.fork() == 0:
        assert idle.closed
        mine = RewardWorker("def compute_dense_reward(self, action):\\n    return 3.0", schema)
        print(mine.evaluate(np.zeros((1, schema.row_size))).reward[0], flush=True)
        mine.close()
        spawn.close_all()
        os._exit(0)
    os.wait()
    print(idle.evaluate(np.zeros((1, schema.row_size))).reward[0], flush=True)
else:
    busy.evaluate(np.zeros((1, schema.row_size)))
"""


@pytest.fixture
def parent(schema: Schema):
    def start(what: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PARENT, json.dumps(schema.to_json()), what],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def gone(pids: list[int], alive: Callable[[int], bool]) -> bool:
    deadline = time.monotonic() + 5.0
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_nothing_survives_a_killed_parent(parent, alive) -> None:
    with parent("hang") as process:
        pids = json.loads(process.stdout.readline())
        assert all(alive(pid) for pid in pids)
        time.sleep(0.2)
        process.kill()
    assert gone(pids, alive)


def test_ctrl_c_reaches_the_parent_alone(parent, alive) -> None:
    with parent("interrupt") as process:
        pids = json.loads(process.stdout.readline())
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        assert float(process.stdout.readline()) == 1.0
        assert process.wait(10) == 0
    assert gone(pids, alive)


def test_a_forked_process_starts_its_own(parent, alive) -> None:
    with parent("fork") as process:
        pids = json.loads(process.stdout.readline())
        assert float(process.stdout.readline()) == 3.0
        assert float(process.stdout.readline()) == 1.0
        assert process.wait(10) == 0
    assert gone(pids, alive)


def test_it_is_found_from_any_folder(tmp_path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('shadowed')")
    code = "from rewardlab.sandbox.capabilities import level; print(level())"
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() in ("full", "partial", "process-only")


def test_an_interrupted_call_does_not_answer_the_next(worker: Start, rows) -> None:
    one = worker(
        "def compute_dense_reward(self, action):\n    while self.time > 9: pass\n    return 1.0",
        limits=Limits(call_s=30),
    )
    slow = rows[:1].copy()
    slow[:] = 99.0

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            one.evaluate(slow)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert one.closed
    assert math.isfinite(worker(GOOD).evaluate(rows[:1]).reward[0])
