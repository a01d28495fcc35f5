import pytest

from rewardlab.e2cl.phases import demonstrate, expert, free, guided, helps, prefixes, repair
from rewardlab.e2cl.rollout import play
from rewardlab.e2cl.samples import Explored, merged
from rewardlab.e2cl.world import END, OK, Action
from rewardlab.errors import UsageError


def at_sample(toy, sample):
    """The episode in the state in which a sample was taken."""
    episode = toy.start(sample.origin.episode)
    for tried in sample.view.history:
        assert episode.step(tried.action).kind == tried.kind
    return episode


def test_demonstrations_are_the_experts_prefixes_and_end(toy, plan):
    for name in toy.episodes("train"):
        own = [s for s in plan.samples if s.origin.episode == name]
        assert [s.action for s in own] == [*expert(toy, name), END]
        assert [s.origin.step for s in own] == list(range(len(own)))
        assert all(at_sample(toy, s).probe(s.action).ok for s in own[:-1])
        assert at_sample(toy, own[-1]).succeeded()


def test_an_expert_that_fails_or_gives_up_teaches_up_to_there(toy):
    for name in ("bad", "lost"):
        found = demonstrate(toy, name, 0)
        assert (len(found.samples), found.lost) == (2, 1)
        assert all(s.action != END for s in found.samples)
    assert demonstrate(toy, "empty", 0) == Explored((), lost=1)


def test_an_empty_exploration_names_its_phase(toy):
    with pytest.raises(UsageError, match=r"phase 'plan' yielded no sample from 1 episodes"):
        merged([demonstrate(toy, "empty", 0)], "plan")


def test_guided_exploration_tries_the_experts_action_and_corrects_to_it(toy, novice):
    for name in toy.episodes("train"):
        found = guided(toy, name, 0, novice)
        for at in prefixes(toy.start(name)):
            here = [s for s in found.samples if s.origin.step == at.step]
            tried = [s.action for s in here if s.kind == "feedback"]
            assert len(set(tried)) == len(tried) <= 4
            assert END not in tried
            assert at.action in (*tried, END)
            assert {s.action for s in here if s.kind == "correct"} <= {at.action}


def test_answers_are_the_worlds_and_only_what_fails_is_corrected(toy, explored):
    assert len(explored.of("correct")) > 20
    for sample in explored.samples:
        episode = at_sample(toy, sample)
        if sample.kind == "feedback":
            assert episode.probe(sample.action).kind == sample.answer
        else:
            assert episode.probe(sample.failed).kind == sample.error != OK


def test_free_corrections_make_what_failed_possible(toy, novice):
    found = merged((free(toy, e, 0, novice, repair) for e in toy.episodes("train")), "free")
    assert len(found.of("correct")) > 10
    for sample in found.of("correct"):
        assert helps(at_sample(toy, sample), sample.failed, sample.action)


def test_a_corrector_is_not_believed(toy, novice):
    def stubborn(episode, action, feedback):
        return action

    def silent(episode, action, feedback):
        return None

    for corrector in (stubborn, silent):
        found = merged((free(toy, e, 0, novice, corrector) for e in toy.episodes("train")), "free")
        assert any(s.answer != OK for s in found.samples)
        assert not found.of("correct")


def test_repairs_of_the_toy_are_known(toy):
    episode = next(e for e in map(toy.start, "0123456789") if e.state.sitting)
    box = Action("open", (episode.find("box"),))
    # standing alone does not bring the box near, so no single action makes opening possible
    assert repair(episode, box, episode.probe(box)) is None
    episode.step(Action("stand"))
    assert repair(episode, box, episode.probe(box)) == Action("walk", (episode.find("box"),))


def test_a_failed_action_leaves_the_state_and_stays_in_the_history(toy):
    episode = toy.start("0")
    before = episode.state
    told = episode.step(Action("grab", (episode.find("table"),)))
    assert not told.ok
    assert episode.state == before
    assert [tried.kind for tried in episode.view().history] == [told.kind]


def test_seeds_fix_what_is_explored_and_the_order_of_episodes_does_not_matter(toy, novice):
    def found(names, seed):
        made = {name: free(toy, name, seed, novice, repair).samples for name in names}
        return {name: [(s.kind, s.action, s.answer) for s in part] for name, part in made.items()}

    names = toy.episodes("train")
    assert found(names, 0) == found(reversed(names), 0)
    assert found(names, 0) != found(names, 1)


def test_an_expert_agent_needs_no_correction(toy, graduate):
    for name in toy.episodes("train"):
        played = play(toy, name, graduate, "plain")
        assert [tried.action for tried in played.tried] == list(expert(toy, name))
        assert played.ended
        assert played.success
        assert not free(toy, name, 0, _Greedy(graduate), repair).of("correct")


class _Greedy:
    def __init__(self, policy):
        self.policy = policy

    def plan(self, view, rng=None):
        return self.policy.plan(view)
