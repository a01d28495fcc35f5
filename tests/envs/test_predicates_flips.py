import numpy as np
import pytest

from rewardlab.envs.locomotion.flips import TURN, Flip
from tests.envs.judging import SCHEMA, SECOND, judge, measure, put


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
