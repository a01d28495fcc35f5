import pytest

from rewardlab.e2cl.inference import Decision, speculate
from rewardlab.e2cl.phases import prefixes
from rewardlab.e2cl.rollout import MODES, decide, play
from rewardlab.e2cl.world import END, OK, Action

PLAN, FIX = Action("grab", (1,)), Action("walk", (1,))


class Calls:
    def __init__(self, plan, answers, fix):
        self.made = []
        self.plan_, self.answers, self.fix = plan, list(answers), fix

    def plan(self):
        self.made.append("plan")
        return self.plan_

    def foresee(self, action):
        self.made.append(("foresee", action))
        return self.answers.pop(0)

    def correct(self, action, kind):
        self.made.append(("correct", action, kind))
        return self.fix

    def decide(self):
        return speculate(self.plan, self.foresee, self.correct)


@pytest.mark.parametrize(
    ("plan", "answers", "fix", "decided", "n"),
    [
        (PLAN, [OK], FIX, Decision(PLAN, PLAN), 2),
        (PLAN, ["far", OK], FIX, Decision(FIX, PLAN, "far"), 4),
        (PLAN, ["far", "hand"], FIX, Decision(PLAN, PLAN, "far"), 4),
        (PLAN, ["far"], END, Decision(END, PLAN, "far"), 3),
        (PLAN, ["far"], None, Decision(PLAN, PLAN, "far"), 3),
        (END, [], FIX, Decision(END, END), 1),
    ],
)
def test_it_corrects_at_most_once_and_only_to_what_should_work(plan, answers, fix, decided, n):
    calls = Calls(plan, answers, fix)
    assert calls.decide() == decided
    assert len(calls.made) == n <= 4
    assert sum(call[0] == "correct" for call in calls.made) <= 1
    assert all(call != ("foresee", END) for call in calls.made)


def states(toy):
    for name in toy.episodes("test"):
        for at in prefixes(toy.start(name)):
            yield at.episode


def test_with_true_answers_no_step_is_worse_than_its_plan(toy, novice):
    better = 0
    for episode in states(toy):
        plan = decide(episode, novice, "plain").action
        for mode in ("oracle", "repair"):
            done = decide(episode, novice, mode).action
            works = [a == END or episode.probe(a).ok for a in (plan, done)]
            assert works[1] >= works[0]
            better += works[1] > works[0]
    assert better > 0


def test_what_is_foreseen_to_fail_is_not_done_where_a_correction_is_foreseen_to_work(
    toy, novice, graduate
):
    for policy in (novice, graduate):
        for episode in states(toy):
            view = episode.view()
            made = decide(episode, policy, "self")
            if made.planned == END or policy.foresee(view, made.planned) == OK:
                assert made.action == made.planned
                continue
            instead = policy.correct(view, made.planned, policy.foresee(view, made.planned))
            promising = instead == END or policy.foresee(view, instead) == OK
            assert made.action == (instead if promising else made.planned)


def test_modes_play_to_the_end_or_the_limit(toy, novice):
    for mode in MODES:
        for name in toy.episodes("test"):
            played = play(toy, name, novice, mode)
            assert played.ended or len(played.tried) == toy.max_steps
            assert all(tried.action != END for tried in played.tried)
            assert played.corrected <= played.foreseen
