"""Household tasks as a Gymnasium environment."""

import gymnasium as gym
import pytest

from rewardlab.e2cl.household import env as household
from rewardlab.e2cl.household.package import program
from rewardlab.errors import UnknownName, UsageError


@pytest.fixture
def env():
    with gym.make(household.ID, split="test") as made:
        yield made


def line(info_env, action):
    view = info_env.unwrapped._episode.view()
    names = dict(zip(view.ids, view.names, strict=True))
    return " ".join([action.verb, *(names[i] for i in action.objects)])


def test_a_persons_program_reaches_the_goal_and_is_paid_at_the_end(env):
    obs, info = env.reset(seed=0, options={"program": "562_1"})
    assert info["instruction"].startswith(program("562_1").title)
    for action in program("562_1").actions:
        obs, reward, terminated, _, info = env.step(line(env, action))
        assert info["feasible"]
        assert (reward, terminated) == (0.0, False)
        assert env.observation_space.contains(obs)
    assert env.step("END")[1:3] == (1.0, True)


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("GRAB unicorn", "absent", "unicorn isn't available"),
        ("FLY", "verb", "FLY is no verb of this world"),
        ("", "verb", "an empty line is no verb of this world"),
        ("SWITCHON computer", "near", "robot agent is not close to computer"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(env, said, kind, reason):
    obs, _ = env.reset(options={"program": "1019_1"})
    after, reward, terminated, _, info = env.step(said)
    assert (after, reward, terminated) == (obs, 0.0, False)
    assert (info["feasible"], info["kind"], info["reason"]) == (False, kind, reason)


def test_a_seed_draws_the_same_program(env):
    assert env.reset(seed=4)[1]["program"] == env.reset(seed=4)[1]["program"]
    with pytest.raises(UnknownName, match="household program"):
        env.reset(options={"program": "9999"})


def test_an_action_is_a_line(env):
    env.reset(options={"program": "1019_1"})
    with pytest.raises(UsageError, match="a line such as 'GRAB mouse' or 'END', got 3"):
        env.unwrapped.step(3)
