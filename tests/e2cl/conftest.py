import pytest
import torch

from rewardlab.e2cl.encoding import vocabulary
from rewardlab.e2cl.fit import fit
from rewardlab.e2cl.phases import demonstrate, free, guided, repair
from rewardlab.e2cl.policy import fresh
from rewardlab.e2cl.samples import merged
from tests.e2cl.toy import Toy


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def toy():
    return Toy()


@pytest.fixture(scope="session")
def plan(toy):
    """Expert prefixes of all training episodes."""
    return merged((demonstrate(toy, e, 0) for e in toy.episodes("train")), "plan")


@pytest.fixture(scope="session")
def novice(toy, plan):
    """A policy that learned a little from experts, and errs."""
    start = fresh(toy.language, vocabulary(plan.samples), seed=0)
    return fit(start, plan.samples[:10], 20, seed=0).policy


@pytest.fixture(scope="session")
def explored(toy, novice):
    """What both explorations of the novice find."""
    episodes = toy.episodes("train")
    parts = [merged((guided(toy, e, 0, novice) for e in episodes), "guided")]
    return merged([*parts, *(free(toy, e, 0, novice, repair) for e in episodes)], "both")


@pytest.fixture(scope="session")
def graduate(plan, explored, novice):
    """A policy that learned all there is."""
    return fit(novice, plan.samples + explored.samples, 250, seed=0).policy
