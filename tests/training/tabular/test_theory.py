"""The chain of ExploRS takes the numbers of steps that its theorem gives."""

import numpy as np
import pytest

from rewardlab.training.tabular.theory import steps_to_learn

SIZES = [(5, 5), (2, 3), (3, 7), (6, 2)]


@pytest.mark.parametrize("decay", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(("n1", "n2"), SIZES)
def test_with_the_bonus_the_steps_are_exact(n1, n2, gamma, decay):
    given = {"bonus": True, "decay": decay, "gamma": gamma}
    alone = steps_to_learn(n1, n2, self_supervised=False, **given)
    assert alone == n1 * (n1 + n2 + 2)
    assert steps_to_learn(n1, n2, self_supervised=True, **given) == n1 + n2 + 2


@pytest.mark.parametrize(("self_supervised", "bound"), [(False, 2**5 - 1), (True, 2**4)])
def test_without_it_they_are_exponentially_many_in_expectation(self_supervised, bound):
    rngs = (np.random.default_rng(i) for i in range(60))
    given = {"bonus": False, "self_supervised": self_supervised}
    taken = [steps_to_learn(5, 5, rng=rng, **given) for rng in rngs]
    assert np.mean(taken) - 2 * np.std(taken) / np.sqrt(len(taken)) > bound
