import numpy as np
import pytest

from rewardlab.e2cl.metrics import Foresight, Score, alike, foresight, score
from rewardlab.e2cl.pairs import pairs
from rewardlab.e2cl.phases import expert
from rewardlab.e2cl.rollout import Rollout
from rewardlab.e2cl.samples import Origin, Sample
from rewardlab.e2cl.summary import difference, estimate
from rewardlab.e2cl.world import OK, Action, Tried
from rewardlab.evaluation.statistics import wilson

A, B, C = (Action(name) for name in "abc")


def rollout(*tried, ended=True, success=False):
    return Rollout("0", tuple(Tried(*each) for each in tried), ended, success)


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [("abc", "ac", 2 / 3), ("ac", "abc", 2 / 3), ("", "", 1), ("", "a", 0), ("ab", "ba", 0.5)],
)
def test_sequences_are_alike_by_their_longest_common_part(one, other, share):
    assert alike(one, other) == pytest.approx(share)


def test_scores_count_failed_actions_too():
    made = score(rollout((A, OK), (B, "far"), (C, OK), success=True), [A, C])
    assert made == Score(3, 2, plan=False, success=True, exact=False, lcs=pytest.approx(2 / 3))


def test_a_plan_counts_only_if_it_is_ended():
    assert score(rollout((A, OK)), [A]) == Score(1, 1, True, False, True, 1.0)
    assert not score(rollout((A, OK), ended=False), [A]).plan
    assert score(rollout(), [A]) == Score(0, 0, True, False, False, 0.0)


def test_foresight_is_counted_against_the_true_answers(plan):
    view = plan.samples[0].view
    told = [OK, OK, OK, "far", "hand"]
    said = [OK, OK, "far", "far", "far"]
    asked = [Sample("feedback", view, A, Origin("0", 0, 0, "x"), answer=kind) for kind in told]
    assert foresight(asked, said) == Foresight(5, 0.4, 0.8, 0.6, 1.0, pytest.approx(1 / 3))
    assert foresight(asked[:1], [OK]).recall is None
    assert foresight(asked[4:], [OK]) == Foresight(1, 1.0, 0.0, 0.0, 0.0, None)


def test_pairs_are_three_per_expert_step_with_true_answers(toy):
    for name in toy.episodes("test"):
        asked = pairs(toy, name)
        assert [s.action for s in asked[::3]] == list(expert(toy, name))
        assert len(asked) == 3 * len(expert(toy, name))
        assert all(s.answer == OK for s in asked[::3])
        assert [s.action.verb for s in asked[::3]] == [s.action.verb for s in asked[1::3]]
        assert [s.action for s in asked] == [s.action for s in pairs(toy, name)]
    answers = {s.answer for name in toy.episodes("test") for s in pairs(toy, name)}
    assert len(answers) > 3


def measured(ok, steps, success, unseen=None):
    columns = {"ok": ok, "steps": steps, "success": success, "lcs": [0.5] * len(ok)}
    return {"modes": {"plain": columns}, "unseen": unseen or [0] * len(ok)}


def test_exec_is_pooled_over_steps_and_shares_have_wilsons_interval_for_one_seed():
    one = {0: measured([1, 6], [4, 6], [1, 0])}
    assert estimate(one, "plain", "exec") == (0.7, wilson(7, 10))
    assert estimate(one, "plain", "success") == (0.5, wilson(1, 2))


def test_no_step_is_undefined():
    assert estimate({0: measured([0], [0], [0])}, "plain", "exec") == (None, None)


def test_several_seeds_are_resampled_seeds_first():
    agree = {seed: measured([1] * 50, [1] * 50, [1, 0] * 25) for seed in range(5)}
    apart = {seed: measured([1] * 50, [1] * 50, [seed % 2] * 50) for seed in range(5)}
    one, other = (estimate(each, "plain", "success") for each in (agree, apart))
    assert one.ci.low < one.value == 0.5 < one.ci.high
    assert other.ci.high - other.ci.low > 3 * (one.ci.high - one.ci.low)
    full = estimate(agree, "plain", "exec")
    assert full == (1.0, wilson(50, 50))


def test_only_unseen_episodes_count_where_asked():
    mixed = {0: measured([1, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1])}
    assert estimate(mixed, "plain", "exec", unseen=True).value == 0.5


def test_an_arm_does_not_differ_from_itself_and_pairs_are_drawn_together():
    rng = np.random.default_rng(0)
    first = {seed: measured([1] * 40, [1] * 40, rng.integers(2, size=40)) for seed in range(3)}
    assert difference((first, "plain"), (first, "plain"), "success") == (0.0, (0.0, 0.0))
    better = {s: measured([1] * 40, [1] * 40, [1] * 40) for s in first}
    told = difference((better, "plain"), (first, "plain"), "success")
    assert 0 < told.ci.low < told.value < told.ci.high
