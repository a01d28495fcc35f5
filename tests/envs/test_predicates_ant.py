import numpy as np
import pytest

from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.robots import ANT
from rewardlab.envs.locomotion.waving import LEGS, PLACES, Waving, reversals
from tests.envs.judging import ANT_SECOND, judge, measure, put


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
