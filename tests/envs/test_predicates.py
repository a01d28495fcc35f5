import numpy as np
import pytest

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS, HOPPER
from rewardlab.envs.locomotion.predicates import HeldSpeed

SCHEMA = HOPPER.schema
SECOND = round(1.0 / SCHEMA.dt)


def scene(x, *, height=1.2, up=1.0):
    out = np.zeros(SCHEMA.size)
    layout = SCHEMA.layout
    out[layout["hopper.top.position_x"].start] = x
    out[layout["hopper.top.position_z"].start] = height
    out[layout["hopper.torso.up_vector"].start + 2] = up
    return out


def judge(rule, scenes):
    predicate = rule(SCHEMA)
    predicate.start(scenes[0])
    return [predicate.step(scene) for scene in scenes[1:]]


@pytest.fixture
def rule():
    return HeldSpeed("hopper", 0.5, 2.0, torso="top", min_height=0.7, min_up=0.3)


def walk(speed, seconds, start=0.0, **how):
    return [scene(start + speed * i * SCHEMA.dt, **how) for i in range(round(seconds * SECOND) + 1)]


def test_it_is_done_once_the_speed_was_held_long_enough(rule):
    verdicts = judge(rule, walk(0.501, 3.0))
    assert verdicts.index(True) == 2 * SECOND - 1
    assert all(verdicts[2 * SECOND - 1 :])


@pytest.mark.parametrize("speed", [0.499, 0.0, -1.0])
def test_it_is_never_done_when_too_slow(rule, speed):
    assert not any(judge(rule, walk(speed, 6.0)))


def test_too_short_is_not_held(rule):
    assert not any(judge(rule, walk(5.0, 1.99)))


@pytest.mark.parametrize("fall", [{"height": 0.69}, {"up": 0.29}])
def test_a_fall_starts_the_clock_again(rule, fall):
    scenes = walk(1.0, 1.5)
    scenes += [scene(1.5, **fall)]
    scenes += walk(1.0, 2.5, start=1.5)
    verdicts = judge(rule, scenes)
    assert verdicts.index(True) == len(walk(1.0, 1.5)) + 2 * SECOND


def test_it_is_the_mean_that_counts(rule):
    scenes = [scene(0.0)] * SECOND + [scene(1.1)] * (SECOND + 2)
    assert any(judge(rule, scenes))


def test_speed_held_earlier_does_not_count_for_now(rule):
    scenes = walk(1.0, 2.0) + [scene(2.0)] * (3 * SECOND)
    verdicts = judge(rule, scenes)
    assert any(verdicts)
    assert not verdicts[-1]


def test_a_new_episode_forgets_the_last(rule):
    predicate = rule(SCHEMA)
    for _ in range(2):
        predicate.start(scene(0.0))
        verdicts = [predicate.step(s) for s in walk(1.0, 2.0)[1:]]
        assert verdicts == [False] * (2 * SECOND - 1) + [True]


def test_it_says_in_words_what_it_measures(rule):
    assert str(rule) == (
        "mean forward speed of at least 0.5 m/s over 2 s, torso never below 0.7 m, "
        "its up_vector[2] always at least 0.3"
    )
    for behaviour in BEHAVIOURS:
        assert f"{behaviour.success.speed:g} m/s" in str(behaviour.success)
        behaviour.success(behaviour.robot.schema)
