import numpy as np
import pytest

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.locomotion.flips import Flip
from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.predicates import HeldSpeed
from rewardlab.envs.locomotion.waving import Waving
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError
from tests.envs.judging import SCHEMA, SECOND, judge, measure, put


class TestHeldSpeed:
    @pytest.fixture
    def rule(self):
        return HeldSpeed("hopper", "top", speed=0.5, seconds=2.0, min_height=0.7, min_up=0.3)

    def scene(self, x, *, height=1.2, up=1.0):
        values = {"hopper.top.position_x": x, "hopper.top.position_z": height}
        return put(SCHEMA, values | {"hopper.torso.up_vector[2]": up})

    def walk(self, speed, seconds, start=0.0, **how):
        n = round(seconds * SECOND) + 1
        return [self.scene(start + speed * i * SCHEMA.dt, **how) for i in range(n)]

    def test_it_is_done_once_the_speed_was_held_long_enough(self, rule):
        verdicts = judge(rule, self.walk(0.501, 3.0))
        assert verdicts.index(True) == 2 * SECOND - 1
        assert all(verdicts[2 * SECOND - 1 :])

    @pytest.mark.parametrize("speed", [0.499, 0.0, -1.0])
    def test_it_is_never_done_when_too_slow(self, rule, speed):
        assert not any(judge(rule, self.walk(speed, 6.0)))

    def test_too_short_is_not_held(self, rule):
        assert not any(judge(rule, self.walk(5.0, 1.99)))

    @pytest.mark.parametrize("fall", [{"height": 0.69}, {"up": 0.29}])
    def test_a_fall_starts_the_clock_again(self, rule, fall):
        scenes = self.walk(1.0, 1.5)
        scenes += [self.scene(1.5, **fall)]
        scenes += self.walk(1.0, 2.5, start=1.5)
        verdicts = judge(rule, scenes)
        assert verdicts.index(True) == len(self.walk(1.0, 1.5)) + 2 * SECOND

    def test_it_is_the_mean_that_counts(self, rule):
        scenes = [self.scene(0.0)] * SECOND + [self.scene(1.1)] * (SECOND + 2)
        assert any(judge(rule, scenes))

    def test_speed_held_earlier_does_not_count_for_now(self, rule):
        scenes = self.walk(1.0, 2.0) + [self.scene(2.0)] * (3 * SECOND)
        verdicts = judge(rule, scenes)
        assert any(verdicts)
        assert not verdicts[-1]

    def test_a_new_episode_forgets_the_last(self, rule):
        predicate = rule(SCHEMA)
        for _ in range(2):
            predicate.start(self.scene(0.0))
            verdicts = [predicate.step(s) for s in self.walk(1.0, 2.0)[1:]]
            assert verdicts == [False] * (2 * SECOND - 1) + [True]

    def test_it_reports_the_mean_speed(self, rule):
        assert measure(rule, self.walk(0.7, 3.0)) == {"mean_speed": pytest.approx(0.7)}

    def test_it_says_in_words_what_it_measures(self, rule):
        assert str(rule) == (
            "mean forward speed of at least 0.5 m/s over 2 s, torso never below 0.7 m, "
            "its up_vector[2] always at least 0.3"
        )


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda b: b.name)
def test_the_task_says_each_threshold_that_was_changed(behaviour):
    id = f"locomotion/{behaviour.name}"
    plain = task(id)
    assert plain.success == str(behaviour.rule)
    assert plain.success in plain.describe()
    changed = task(id, **_OTHER[type(behaviour.rule)])
    for value in _OTHER[type(behaviour.rule)].values():
        shown = f"{value:.0%}" if value in (0.71, 0.72) else str(value)
        assert shown in changed.success, value
        assert shown not in plain.success, value
    assert task(id, **changed.options).success == changed.success


_OTHER = {
    HeldSpeed: {"speed": 0.77, "seconds": 3.3, "min_height": 0.66, "min_up": 0.55},
    Flip: {"turns": 7, "air_turn": 2.2, "max_pitch": 0.66, "land_seconds": 0.44},
    Lying: {"seconds": 2.2, "min_up": 0.77, "max_height": 0.55, "max_speed": 0.33},
    Waving: {
        "leg": "back_left",
        "seconds": 3.3,
        "air": 0.71,
        "swing": 0.44,
        "reversals": 7,
        "down": 0.72,
        "max_drift": 0.66,
        "min_up": 0.55,
    },
}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("hopper-front-flip", {"turns": 0}, "turns=0: give a whole number at least 1"),
        ("hopper-front-flip", {"turns": 1.5}, "turns=1.5: give a whole number at least 1"),
        ("hopper-front-flip", {"turns": True}, "whole number"),
        ("hopper-front-flip", {"turn": 1}, "did you mean 'turns'"),
        ("hopper-front-flip", {"horizn": 10}, "did you mean 'horizon'"),
        ("hopper-front-flip", {"speed": 1.0}, "options of locomotion/hopper-front-flip"),
        ("ant-lie-down", {"min_up": 1.1}, "min_up=1.1: give a number from -1 to 1"),
        ("ant-lie-down", {"max_speed": float("nan")}, "max_speed=nan: give a number at least 0"),
        ("ant-lie-down", {"max_speed": "slow"}, "max_speed='slow': give a number at least 0"),
        ("ant-wave-leg", {"leg": "left"}, "leg='left': give one of front_left, front_right"),
        ("ant-wave-leg", {"leg": ["front_left"]}, "give one of front_left"),
        ("ant-wave-leg", {"horizon": 0}, "at least 1"),
        ("hopper-forward", {"seconds": 0}, "seconds=0: give a number at least 0.01"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(name, options, words):
    with pytest.raises(ConfigError) as caught:
        task(f"locomotion/{name}", **options)
    assert words in str(caught.value)


def test_the_goal_names_the_leg():
    assert task("locomotion/ant-wave-leg").goal.endswith("wave its front right leg.")
    assert task("locomotion/ant-wave-leg", leg="back_left").goal.endswith("its back left leg.")


def test_a_predicate_measures_the_same_twice():
    rng = np.random.default_rng(0)
    for behaviour in BEHAVIOURS:
        scenes = rng.normal(size=(60, behaviour.robot.schema.size))
        schema, rule = behaviour.robot.schema, behaviour.rule
        assert measure(rule, scenes, schema) == measure(rule, scenes, schema)
