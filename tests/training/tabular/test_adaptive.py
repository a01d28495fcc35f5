"""Each run has its own teacher, who designs for the policy that the run has."""

import numpy as np
import pytest

from rewardlab.envs.tabular import mdp
from rewardlab.errors import ConfigError
from rewardlab.shapers import expadard
from rewardlab.training.tabular import Step, TabularExpAdaRD, learner_pool, reinforce, softmax


@pytest.fixture(scope="module")
def made():
    return mdp("linek-2024")


def criterion(made, reward, policy):
    return expadard.informativeness(made, reward, policy)


def test_designs_are_the_best_for_each_policy(made):
    policy = softmax(np.random.default_rng(0).normal(size=(3, *made.R.shape)))
    adaptive = TabularExpAdaRD(made, policy)
    for i in range(3):
        best = expadard.design(made, policy=policy[i]).objective
        assert criterion(made, adaptive.reward[i], policy[i]) == pytest.approx(best, rel=1e-9)
        others = [criterion(made, adaptive.reward[j], policy[i]) for j in range(3)]
        assert max(others) == pytest.approx(others[i])


def test_they_change_every_fifth_episode_with_the_policy(made):
    rng = np.random.default_rng(1)
    first, later = (softmax(rng.normal(size=(2, *made.R.shape))) for _ in range(2))
    adaptive = TabularExpAdaRD(made, first)
    begun = adaptive.reward
    adaptive.update(4, [], later)
    assert adaptive.reward is begun
    adaptive.update(5, [], later)
    for i in range(2):
        assert criterion(made, adaptive.reward[i], later[i]) > criterion(made, begun[i], later[i])
    step = Step(*(np.array([i]) for i in (1, 5, 0, 4)), r_ext=np.array([7.0]))
    assert adaptive.shape(step) == adaptive.reward[1, 5, 0]  # in the place of the extrinsic one


def test_runs_do_not_meet(made):
    few, many = (
        reinforce(
            made,
            TabularExpAdaRD(made, softmax(learner_pool(made, n_runs=n))),
            n_runs=n,
            n_episodes=100,
            theta=learner_pool(made, n_runs=n),
        )
        for n in (2, 4)
    )
    np.testing.assert_allclose(few.returns, many.returns[:2], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "n_habits", "size"), [("linek-2024", 5, 2.0), ("room-2024", 10, 1.0)]
)
def test_learners_begin_with_habits_that_lead_astray(name, n_habits, size):
    made = mdp(name)
    logits = learner_pool(made, n_runs=7)
    assert set(np.unique(logits)) == {0.0, size}
    np.testing.assert_array_equal(logits[5:], logits[:2])
    assert (logits[:5] != 0).sum() == n_habits
    with pytest.raises(ConfigError, match="no pool of learners for 'chain-2022'"):
        learner_pool(mdp("chain-2022"), n_runs=1)
