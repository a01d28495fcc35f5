"""What sentences ask for."""

import pytest

from rewardlab.coders.offline.sentence import listen
from rewardlab.coders.offline.wish import aims, changes, side


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        ("The drawer is open, shut it!", "shut it"),
        ("It's cold: close the window.", "close the window"),
        ("Could you open the door?", "open the door"),
        ("Make sure that the door is closed.", "make sure that the door is closed"),
        ("Push the chair without tipping it over.", "push the chair"),
        ("Don't touch the cup, press the button.", "press the button"),
        ("Run at 3.5 m/s.", "run at 3.5 m/s"),
        ("The drawer is open.", "the drawer is open"),
        ("", ""),
    ],
)
def test_statements_and_prohibitions_are_not_asked_for(goal, asked):
    assert listen(goal).text == asked


@pytest.mark.parametrize("goal", ["Is it open?", "What is this", "the drawer?", "why"])
def test_questions_are_told_apart(goal):
    assert listen(goal).question
    assert not listen("Would you open it?").question


def test_what_only_forbids_asks_for_nothing():
    assert listen("Never open the drawer.").forbids
    assert not listen("Never open the drawer, close it.").forbids


@pytest.mark.parametrize(
    ("task", "goal", "said", "expected"),
    [
        ("drawer-open", "open a drawer by its handle", "push the drawer back in", "against"),
        ("drawer-open", "open a drawer by its handle", "pull it out", "own"),
        ("window-open", "push and open a sliding window", "push the window open", "own"),
        ("button-press", "press a button", "pull the button out", "against"),
        ("handle-pull", "pull a handle up", "press it down", "against"),
        ("door-unlock", "unlock the door by rotating the lock", "lock the door", "against"),
        ("door-lock", "lock the door by rotating the lock", "unlock the door", "against"),
        ("pick-place", "pick up a puck and place it at the goal", "put it down", "against"),
        ("push", "push a puck to the goal", "move the puck away from the goal", "against"),
        ("push", "push a puck to the goal", "lift the puck", "neither"),
        ("turn-faucet", "turn on a faucet by rotating its handle", "turn it off", "against"),
        ("plate-slide-back", "slide a plate back out of a net", "slide it back", "own"),
    ],
)
def test_a_change_is_the_tasks_own_or_undoes_it(task, goal, said, expected):
    assert side(changes(said), aims(task, goal)) == expected
