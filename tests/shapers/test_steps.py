import numpy as np
import pytest

from rewardlab.shapers.steps import Steps
from tests.shapers.batches import same, transitions


def step(i, n_envs=2):
    """The i-th step: every number says when and where it was taken."""
    number = 10.0 * i + np.arange(n_envs)
    obs = {"place": number[:, None], "goal": -number[:, None]}
    ends = np.array([i == 1, False])
    return transitions(obs, number, obs, number, terminated=ends, truncated=~ends & (i == 2))


@pytest.fixture
def steps():
    kept = Steps()
    for i in range(3):
        kept.add(step(i))
    return kept


def test_steps_are_taken_once_in_their_order(steps):
    found = steps.take()
    assert found.r_ext.tolist() == [[0.0, 1.0], [10.0, 11.0], [20.0, 21.0]]
    assert found.action.tolist() == [0.0, 1.0, 10.0, 11.0, 20.0, 21.0]
    assert found.next_obs["goal"][:, 0].tolist() == (-found.action).tolist()
    assert found.terminated.tolist() == [[False, False], [True, False], [False, False]]
    assert found.truncated.tolist() == [[False, False], [False, False], [True, True]]
    assert len(steps) == 0


def test_the_last_steps_are_the_end_of_all(steps):
    found = steps.take().last(1)
    assert found.r_ext.tolist() == [[20.0, 21.0]]
    assert found.obs["place"][:, 0].tolist() == [20.0, 21.0]


def test_a_restored_store_goes_on_where_it_was(steps):
    other = Steps()
    other.load_state_dict(steps.state_dict())
    for kept in (steps, other):
        kept.add(step(3))
    assert same(other.take()._asdict(), steps.take()._asdict())
    assert other.state_dict() == {}
    other.load_state_dict({})
    assert len(other) == 0


def test_environments_may_reuse_the_array_in_which_they_return_observations():
    steps, shown = Steps(), np.zeros((2, 3))
    for t in range(3):
        shown[:] = t + 1
        steps.add(transitions(np.full((2, 3), t), np.zeros(2, int), shown))
    assert steps.take().next_obs[:, 0].tolist() == [1, 1, 2, 2, 3, 3]
