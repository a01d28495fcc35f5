import os

import pytest

from rewardlab.e2cl.workers import workers
from rewardlab.errors import RewardlabError
from tests.e2cl.toy import Toy


def double(world, episode, by):
    return world.name, int(episode) * by


def die(world, episode):
    os._exit(3)


def test_one_process_is_this_one_and_the_order_is_kept():
    with workers(Toy(), 1) as pool:
        assert list(pool.each(double, ["3", "1", "2"], 2)) == [("toy", 6), ("toy", 2), ("toy", 4)]


def test_many_keep_the_order_and_a_dead_one_is_told():
    with workers(Toy(), 2) as pool:
        numbers = [str(i) for i in range(40)]
        assert list(pool.each(double, numbers, 2)) == [("toy", 2 * i) for i in range(40)]
        with pytest.raises(RewardlabError, match="fewer --workers"):
            list(pool.each(die, numbers))
