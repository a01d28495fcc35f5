import numpy as np
import pytest

from rewardlab.envs.locomotion.behaviours import BEHAVIOURS
from rewardlab.envs.locomotion.flips import TURN, Flip
from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.predicates import HeldSpeed
from rewardlab.envs.locomotion.robots import ANT, HOPPER
from rewardlab.envs.locomotion.waving import LEGS, PLACES, Waving, reversals
from rewardlab.envs.tasks import task
from rewardlab.errors import ConfigError

SCHEMA = HOPPER.schema
SECOND = round(1.0 / SCHEMA.dt)
ANT_SECOND = round(1.0 / ANT.schema.dt)


def put(schema, values):
    """A scene block with some fields set by path; `path[i]` is an entry of an array."""
    out = np.zeros(schema.size)
    for path, value in values.items():
        name, _, entry = path.removesuffix("]").partition("[")
        out[schema.layout[name].start + int(entry or 0)] = value
    return out


def judge(rule, scenes, schema=SCHEMA):
    predicate = rule(schema)
    predicate.start(scenes[0])
    return [predicate.step(scene) for scene in scenes[1:]]


def measure(rule, scenes, schema=SCHEMA):
    predicate = rule(schema)
    predicate.start(scenes[0])
    for scene in scenes[1:]:
        predicate.step(scene)
    return predicate.facts()


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


class TestFlip:
    def jump(self, turns, *, n=200, down=(0.0, 0.0), start=0.0):
        """Scenes of turning by `turns`; on the floor within shares `down` of first and last."""
        scenes = []
        for i in range(n + 1):
            share = i / n
            contact = share < down[0] or share > 1 - down[1]
            scenes.append(self.scene(start + turns * TURN * share, contact=contact))
        return scenes

    def scene(self, pitch, *, contact, foot=None):
        values = {"hopper.top_joint.angle": pitch, "hopper.in_contact": contact}
        return put(SCHEMA, values | {"hopper.foot.in_contact": contact if foot is None else foot})

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_turn_in_the_air_is_a_flip_in_its_own_direction_only(self, sign):
        assert judge(Flip(sign), self.jump(1.0001 * sign))[-1]
        assert not any(judge(Flip(-sign), self.jump(1.0001 * sign)))

    @pytest.mark.parametrize(("turns", "flips"), [(0.999, 0), (1.001, 1), (1.999, 1), (2.001, 2)])
    def test_only_whole_turns_count(self, turns, flips):
        assert measure(Flip(1), self.jump(turns))["flips"] == flips

    def test_turns_count_from_the_first_pitch(self):
        assert not any(judge(Flip(1), self.jump(0.999, start=0.3)))
        assert judge(Flip(1), self.jump(1.001, start=0.3))[-1]

    def test_rolling_over_is_no_flip(self):
        rolling = [self.scene(i * 0.1, contact=True) for i in range(70)]
        assert not any(judge(Flip(1), rolling))

    @pytest.mark.parametrize(("air", "done"), [(0.49, False), (0.52, True)])
    def test_half_a_turn_must_be_in_one_phase_in_the_air(self, air, done):
        edge = (1 - air) / 2
        assert any(judge(Flip(1), self.jump(1.001, down=(edge, edge)))) is done

    def test_two_short_phases_in_the_air_are_not_one_long_one(self):
        pitches = np.linspace(0.0, 1.001 * TURN, 201)
        scenes = [self.scene(p, contact=i == 100) for i, p in enumerate(pitches)]
        assert not any(judge(Flip(1), scenes))
        assert any(judge(Flip(1, air_turn=3.0), scenes))

    def test_a_turn_rolled_does_not_borrow_from_the_flight_of_the_one_before(self):
        scenes = self.jump(1.001)
        scenes += [self.scene(TURN + 0.1 * i, contact=True) for i in range(1, 70)]
        assert measure(Flip(1), scenes)["flips"] == 1

    def test_swinging_to_and_fro_adds_nothing_up(self):
        scenes = []
        for _ in range(5):
            scenes += self.jump(0.6) + self.jump(0.6)[::-1]
        assert not any(judge(Flip(1), scenes))

    def test_a_flip_that_was_done_stays_done(self):
        scenes = self.jump(1.001) + [self.scene(1.0, contact=True)] * 50
        verdicts = judge(Flip(1), scenes)
        assert verdicts[-1]
        assert sum(verdicts) == 51

    def test_more_turns_may_be_asked_for(self):
        assert not any(judge(Flip(1, turns=2), self.jump(1.999)))
        assert judge(Flip(1, turns=2), self.jump(2.001))[-1]

    @pytest.mark.parametrize(
        ("tilt", "seconds", "foot", "landed"),
        [
            (0.0, 0.3, True, 1.0),
            (0.49, 0.3, True, 1.0),
            (-0.49, 0.3, True, 1.0),
            (0.51, 0.3, True, 0.0),
            (-0.51, 0.3, True, 0.0),
            (0.0, 0.2, True, 0.0),
            (0.0, 0.3, False, 0.0),
        ],
    )
    def test_landed_is_upright_with_the_foot_down_for_a_while(self, tilt, seconds, foot, landed):
        stands = [self.scene(TURN + tilt, contact=True, foot=foot)] * round(seconds * SECOND)
        facts = measure(Flip(1), self.jump(1.1) + stands)
        assert facts == {"flips": 1.0, "landed": landed}

    def test_standing_before_the_flip_is_no_landing(self):
        facts = measure(Flip(1), [self.scene(0.0, contact=True)] * SECOND + self.jump(1.001))
        assert facts == {"flips": 1.0, "landed": 0.0}

    def test_a_new_episode_forgets_the_last(self):
        predicate = Flip(1)(SCHEMA)
        predicate.start(self.scene(0.0, contact=False))
        assert any(predicate.step(s) for s in self.jump(1.001)[1:])
        predicate.start(self.scene(TURN, contact=False))
        assert predicate.facts() == {"flips": 0.0, "landed": 0.0}
        assert not any(predicate.step(s) for s in self.jump(0.9, start=TURN)[1:])


class TestLying:
    def lie(self, seconds, *, up=0.95, height=0.4, velocity=(0.0, 0.0, 0.0)):
        values = {"ant.torso.up_vector[2]": up, "ant.torso.position_z": height}
        values |= {f"ant.torso.velocity_{a}": v for a, v in zip("xyz", velocity, strict=True)}
        return [put(ANT.schema, values)] * (round(seconds * ANT_SECOND) + 1)

    def judge(self, scenes, rule=None):
        return judge(rule or Lying(), scenes, ANT.schema)

    def test_it_is_done_after_a_second(self):
        verdicts = self.judge(self.lie(2.0))
        assert verdicts.index(True) == ANT_SECOND - 1

    def test_less_than_a_second_is_not_enough(self):
        assert not any(self.judge(self.lie(0.95)))

    @pytest.mark.parametrize(
        "how",
        [
            {"up": 0.89},
            {"up": -1.0, "height": 0.26},
            {"height": 0.421},
            {"velocity": (0.08, 0.0, 0.07)},
            {"velocity": (0.0, -0.11, 0.0)},
        ],
    )
    def test_tilted_high_or_moving_is_not_lying(self, how):
        assert not any(self.judge(self.lie(3.0, **how)))
        interrupted = self.lie(0.9) + self.lie(0.0, **how) + self.lie(0.9)
        assert not any(self.judge(interrupted))

    @pytest.mark.parametrize(
        "how", [{"up": 0.9}, {"height": 0.42}, {"velocity": (0.06, 0.0, 0.08)}]
    )
    def test_at_the_thresholds_it_lies(self, how):
        assert any(self.judge(self.lie(1.0, **how)))

    def test_getting_up_ends_it(self):
        verdicts = self.judge(self.lie(1.5) + self.lie(1.0, height=0.6))
        assert any(verdicts)
        assert not verdicts[-1]

    def test_a_new_episode_forgets_the_last(self):
        predicate = Lying()(ANT.schema)
        for _ in range(2):
            predicate.start(self.lie(0.0)[0])
            verdicts = [predicate.step(scene) for scene in self.lie(1.0)[1:]]
            assert verdicts == [False] * (ANT_SECOND - 1) + [True]

    def test_it_reports_for_how_long(self):
        facts = measure(Lying(), self.lie(0.5), ANT.schema)
        assert facts == {"lying_seconds": pytest.approx(0.5)}


class TestWaving:
    def wave(self, seconds=5.0, *, leg="front_right", joint="leg", air=1.0, down=1.0, **how):
        """Scenes of a wave: a sine of the joint, feet in contact for shares of the time."""
        n = round(seconds * ANT_SECOND) + 1
        return [self.scene(i / (n - 1), seconds, leg, joint, air, down, **how) for i in range(n)]

    def scene(self, share, seconds, leg, joint, air, down, *, amplitude=0.3, rate=1.0, drift=0.0,
              up=0.95, lazy=None):  # fmt: skip
        feet = {f"ant.{other}_foot.in_contact": 1.0 for other in LEGS}
        feet[f"ant.{leg}_foot.in_contact"] = float(share >= air)
        if lazy:
            feet[f"ant.{lazy}_foot.in_contact"] = float(share < down)
        angle = amplitude * np.sin(2 * np.pi * rate * share * seconds)
        values = {
            f"ant.{leg}_{joint}_joint.angle": angle,
            "ant.torso.position_x": 0.6 * drift * share,
            "ant.torso.position_y": 0.8 * drift * share,
            "ant.torso.up_vector[2]": up,
        }
        return put(ANT.schema, feet | values)

    def judge(self, scenes, rule=None):
        return judge(rule or Waving(), scenes, ANT.schema)

    @pytest.mark.parametrize("joint", ["leg", "ankle"])
    def test_a_wave_is_done_after_five_seconds(self, joint):
        verdicts = self.judge(self.wave(6.0, joint=joint))
        assert verdicts.index(True) == 5 * ANT_SECOND - 1

    def test_less_than_five_seconds_is_not_enough(self):
        assert not any(self.judge(self.wave(4.9)))

    @pytest.mark.parametrize("leg", LEGS)
    def test_it_is_the_chosen_leg_that_must_wave(self, leg):
        assert any(self.judge(self.wave(leg=leg), Waving(leg=leg)))
        others = [other for other in LEGS if other != leg]
        assert not any(any(self.judge(self.wave(leg=leg), Waving(leg=o))) for o in others)

    @pytest.mark.parametrize(
        ("how", "done"),
        [
            ({"air": 0.81}, True),
            ({"air": 0.78}, False),
            ({"lazy": "back_left", "down": 0.81}, True),
            ({"lazy": "back_left", "down": 0.78}, False),
            ({"amplitude": 0.26}, True),
            ({"amplitude": 0.24}, False),
            ({"amplitude": 0.0}, False),
            ({"drift": 0.49}, True),
            ({"drift": 0.51}, False),
            ({"up": 0.81}, True),
            ({"up": 0.79}, False),
            ({"rate": 0.45}, True),
            ({"rate": 0.3}, False),
        ],
    )
    def test_both_sides_of_every_threshold(self, how, done):
        assert any(self.judge(self.wave(**how))) is done

    def test_the_window_moves_on(self):
        scenes = self.wave(4.0, up=0.0) + self.wave(5.0)
        verdicts = self.judge(scenes)
        assert verdicts.index(True) == len(scenes) - 2
        later = self.judge(self.wave(5.0) + self.wave(8.0, amplitude=0.0))
        assert any(later)
        assert not later[-1]

    def test_drift_counts_from_where_the_window_begins(self):
        assert self.judge(self.wave(20.0, drift=1.5))[-1]
        assert not self.judge(self.wave(20.0, drift=2.5))[-1]

    def test_a_new_episode_forgets_the_last(self):
        predicate = Waving()(ANT.schema)
        for _ in range(2):
            scenes = self.wave(5.0)
            predicate.start(scenes[0])
            verdicts = [predicate.step(scene) for scene in scenes[1:]]
            assert verdicts == [False] * (5 * ANT_SECOND - 1) + [True]

    def test_it_reports_what_it_measures(self):
        facts = measure(Waving(), self.wave(drift=0.2), ANT.schema)
        assert facts == {
            "air": pytest.approx(0.99, abs=0.01),
            "down": 1.0,
            "drift": pytest.approx(0.2),
            "up": pytest.approx(0.95),
            "reversals": 8.0,
        }

    def test_its_words_name_the_leg_and_where_it_is(self):
        words = str(Waving(leg="back_right"))
        assert "back_right in the scene, the leg at x +, y - of the torso" in words
        assert PLACES["back_right"] == "x +, y -"


@pytest.mark.parametrize(
    ("angles", "count"),
    [
        ([], 0),
        ([0.0], 0),
        ([0.0, 1.0], 0),
        ([0.0, 1.0, 0.0], 1),
        ([0.0, 1.0, 0.51, 1.2, 0.0], 1),
        ([0.0, -1.0, 0.0, -1.0], 2),
        ([0.0, 0.3, -0.3, 0.3, -0.3], 2),
        ([0.0, 0.4] * 20, 0),
        (np.linspace(0.0, 5.0, 50).tolist(), 0),
    ],
)
def test_reversals_need_swings_on_both_sides(angles, count):
    assert reversals(angles, 0.5) == count


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
