from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from rewardlab.errors import ProgramRefused, RewardFault
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.sandbox.limits import Limits
from rewardlab.sandbox.runner import WINDOW, RewardRunner

HEAD = "def compute_dense_reward(self, action):\n"
NAN_ABOVE = RewardProgram(
    HEAD + "    return float(np.sqrt(10.0 - self.angle)), {'a': self.angle}\n"
)


@pytest.fixture
def bad_rows(schema: Schema, rows) -> np.ndarray:
    rows = rows[:8].copy()
    rows[3, schema.layout["angle"].start] = 11.0
    return rows


def test_a_lost_worker_is_replaced_and_counted(schema: Schema, rows) -> None:
    with RewardRunner(NAN_ABOVE, schema) as runner:
        first = runner.evaluate(rows)
        os.kill(runner._worker.pid, signal.SIGKILL)
        again = runner.evaluate(rows)
        assert again.reward.tolist() == first.reward.tolist()
        assert again.names == first.names == runner.terms
        metrics = runner.metrics()
        assert (metrics["calls"], metrics["respawns"], metrics["faults"]) == (2, 1, 1)
        assert 0 < metrics["p50_us"] <= metrics["p99_us"]


def test_terms_keep_their_columns_when_a_worker_is_replaced(schema: Schema, rows) -> None:
    """Whatever the new one happens to name first."""
    source = HEAD + "    return self.angle, {'up' if self.angle > 0 else 'down': self.angle}\n"
    angle = rows[:, schema.layout["angle"].start]
    up, down = rows[angle > 0], rows[angle < 0]
    with RewardRunner(RewardProgram(source), schema) as runner:
        assert runner.evaluate(up).names == ("up",)
        assert runner.evaluate(down).names == ("up", "down")
        os.kill(runner._worker.pid, signal.SIGKILL)
        again = runner.evaluate(down)
        assert again.names == ("up", "down")
        assert again.terms[:, 1].tolist() == angle[angle < 0].tolist()


def test_a_fault_stops_with_its_record(schema: Schema, bad_rows) -> None:
    with RewardRunner(NAN_ABOVE, schema) as runner:
        with pytest.raises(RewardFault, match=r"row 3.*NonFiniteReward") as caught:
            runner.evaluate(bad_rows)
        record = caught.value.record
        assert record["code"] == "NonFiniteReward"
        assert record["state"]["angle"] == 11.0
        assert record["program_id"] == NAN_ABOVE.id
        assert record["read"] == {"angle": 11.0}
        assert "zero distances" in record["hint"]
        assert record["values"] == bad_rows[3].tolist()
        assert runner.faults == {"NonFiniteReward": 2}


def test_zero_replaces_counts_and_stops_above_one_per_cent(schema: Schema, bad_rows) -> None:
    with RewardRunner(NAN_ABOVE, schema, on_fault="zero") as runner:
        for call in range(100):
            batch = runner.evaluate(bad_rows)
            assert batch.reward[3] == 0.0
            assert (batch.reward[:3] > 0).all()
            assert runner.metrics()["substituted"] == call + 1
        with pytest.raises(RewardFault, match="1 %"):
            runner.evaluate(bad_rows)
        assert runner.metrics()["faults/NonFiniteReward"] == 101


def test_faults_of_long_ago_do_not_stop_a_run(schema: Schema, rows, bad_rows) -> None:
    with RewardRunner(NAN_ABOVE, schema, on_fault="zero") as runner:
        for _ in range(100):
            runner.evaluate(bad_rows)
        for _ in range(WINDOW // 640 + 1):
            runner.evaluate(np.tile(rows, (10, 1)))
        for _ in range(100):
            runner.evaluate(bad_rows)
        assert runner.metrics()["substituted"] == 200
        with pytest.raises(RewardFault, match="1 %"):
            runner.evaluate(bad_rows)


def test_zero_replaces_only_bad_rows_of_a_batch_of_several_requests(schema: Schema, rows) -> None:
    many = np.tile(rows, (10, 1))
    bad = [3, 300, 639]
    many[bad, schema.layout["angle"].start] = 11.0
    with RewardRunner(NAN_ABOVE, schema, on_fault="zero") as runner:
        batch = runner.evaluate(many)
        assert np.flatnonzero(batch.reward == 0.0).tolist() == bad
        assert runner.metrics()["substituted"] == 3
        good = runner.evaluate(rows).reward
        assert batch.reward[4:64].tolist() == good[4:].tolist()
    with RewardRunner(NAN_ABOVE, schema) as runner, pytest.raises(RewardFault, match="row 3"):
        runner.evaluate(many)


def test_counts_go_on_where_a_run_goes_on(schema: Schema, bad_rows) -> None:
    with RewardRunner(NAN_ABOVE, schema, on_fault="zero") as runner:
        runner.evaluate(bad_rows)
        state = runner.state_dict()
    with RewardRunner(NAN_ABOVE, schema, on_fault="zero") as resumed:
        resumed.load_state_dict(state)
        resumed.evaluate(bad_rows)
        metrics = resumed.metrics()
    counts = ("calls", "faults", "faults/NonFiniteReward", "substituted")
    assert [metrics[name] for name in counts] == [2, 2, 2, 2]


def test_a_program_that_hangs_stops_soon(schema: Schema, bad_rows) -> None:
    hang = RewardProgram(HEAD + "    while self.angle > 10:\n        pass\n    return 1.0\n")
    limits = Limits(call_s=0.3)
    with RewardRunner(hang, schema, limits=limits) as runner:
        assert runner.evaluate(bad_rows[:2]).reward.tolist() == [1.0, 1.0]
        with pytest.raises(RewardFault, match=r"row 3: RewardTimeout: .* it read angle = ") as stop:
            runner.evaluate(bad_rows)
        assert stop.value.record["row"] == 3
        assert stop.value.record["state"]["angle"] > 10
    with RewardRunner(hang, schema, on_fault="zero", limits=limits) as runner:
        assert runner.evaluate(bad_rows).reward.tolist() == [0.0] * 8
        assert runner.evaluate(bad_rows[:2]).reward.tolist() == [1.0, 1.0]
        runner.evaluate(bad_rows)
        runner.evaluate(bad_rows)
        with pytest.raises(RewardFault, match="RewardTimeout"):
            runner.evaluate(bad_rows)


def test_a_refused_program_says_why(schema: Schema) -> None:
    with pytest.raises(ProgramRefused, match="refused"):
        RewardRunner(RewardProgram("def f():\n    pass\n"), schema)


def test_several_run_side_by_side(schema: Schema, rows) -> None:
    sources = [HEAD + f"    return {i}.0 + 0.0 * self.angle\n" for i in range(4)]
    runners = [RewardRunner(RewardProgram(source), schema) for source in sources]
    for _ in range(3):
        for i, runner in enumerate(runners):
            assert runner.evaluate(rows[:2]).reward.tolist() == [i, i]
    for runner in runners:
        runner.close()


def test_a_failing_predicate_is_not_called_a_reward_program(schema: Schema, bad_rows) -> None:
    predicate = RewardProgram(NAN_ABOVE.source, origin="predicate")
    with (
        RewardRunner(predicate, schema) as runner,
        pytest.raises(RewardFault, match="the success predicate failed on row 3"),
    ):
        runner.evaluate(bad_rows)
