import numpy as np
import pytest

from rewardlab.errors import RewardFault, UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.shapers.base import Transitions
from rewardlab.shapers.plain import NativeShaper, SparseShaper
from rewardlab.shapers.program import ProgramShaper

SCHEMA = Schema(EntitySpec("Point", "", (FieldSpec("x", "where", "float"),)), ActionSpec(1), 0.1)
SOURCE = """
def compute_dense_reward(self, action):
    near = -abs(self.x)
    if self.x > 1:
        return near, {"near": near}
    return near - 1.0, {"near": near, "early": -1.0}
"""


def batch(x):
    n = len(x)
    rows = np.zeros((n, SCHEMA.row_size))
    rows[:, 0] = x
    return Transitions(
        obs=np.zeros((n, 1)),
        action=np.zeros((n, 1)),
        r_ext=np.full(n, 7.0),
        next_obs=np.zeros((n, 1)),
        terminated=np.zeros(n, bool),
        truncated=np.zeros(n, bool),
        env_id=np.arange(n),
        t=np.zeros(n, np.int64),
        success=np.arange(n) % 2 == 1,
        scene=rows,
    )


@pytest.fixture
def shaper():
    shaper = ProgramShaper(RewardRunner(RewardProgram(SOURCE), SCHEMA))
    yield shaper
    shaper.close()


def test_a_program_replaces_the_reward_and_names_its_terms(shaper):
    shaped = shaper.shape(batch([0.5, 2.0]))
    np.testing.assert_allclose(shaped.reward, [-1.5, -2.0])
    np.testing.assert_allclose(shaped.terms["near"], [-0.5, -2.0])
    np.testing.assert_allclose(shaped.terms["early"], [-1.0, 0.0])


def test_what_the_terms_leave_out_is_a_term_too():
    source = SOURCE.replace("return near, ", "return near + 0.25, ")
    with RewardRunner(RewardProgram(source), SCHEMA) as runner:
        shaped = ProgramShaper(runner).shape(batch([0.5, 2.0]))
        np.testing.assert_allclose(shaped.terms["other"], [0.0, 0.25])
        np.testing.assert_allclose(sum(shaped.terms.values()), shaped.reward)
        assert "other" not in ProgramShaper(runner).shape(batch([0.5])).terms


def test_the_same_batch_gives_the_same_answer(shaper):
    one, two = shaper.shape(batch([0.1, 0.2, 0.3])), shaper.shape(batch([0.1, 0.2, 0.3]))
    np.testing.assert_array_equal(one.reward, two.reward)


def test_calls_are_counted(shaper):
    shaper.shape(batch([0.5]))
    shaper.shape(batch([0.5]))
    assert shaper.metrics()["calls"] == 2


def test_environments_that_record_no_scene_are_refused(shaper):
    from dataclasses import replace

    with pytest.raises(UsageError, match="record their scene"):
        shaper.shape(replace(batch([0.0]), scene=None))


def test_a_program_that_fails_says_on_which_state():
    source = "def compute_dense_reward(self, action):\n    return 1.0 / self.x\n"
    shaper = ProgramShaper(RewardRunner(RewardProgram(source), SCHEMA))
    try:
        with pytest.raises(RewardFault) as fault:
            shaper.shape(batch([1.0, 0.0]))
    finally:
        shaper.close()
    assert fault.value.record["row"] == 1
    assert fault.value.record["state"]["x"] == 0.0


def test_native_and_sparse_rewards():
    b = batch([0.0, 0.0])
    np.testing.assert_array_equal(NativeShaper().shape(b).reward, [7.0, 7.0])
    np.testing.assert_array_equal(SparseShaper().shape(b).reward, [0.0, 1.0])
