import pytest

from rewardlab.e2cl.household import package
from rewardlab.errors import UsageError

try:
    package.root()
except UsageError:
    collect_ignore_glob = ["test_[!p]*.py", "test_program*.py"]


@pytest.fixture
def run():
    """Return what an episode's own program comes to: how many steps worked, and the episode."""

    def walk(episode):
        n = 0
        while (action := episode.teacher()).verb != "END":
            if not episode.step(action).ok:
                break
            n += 1
        return n

    return walk
