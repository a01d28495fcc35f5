"""What the simulator answers, and that asking changes nothing."""

import random

import pytest

from rewardlab.e2cl.household import package
from rewardlab.e2cl.household.episode import HouseholdEpisode, scene
from rewardlab.e2cl.household.graph import State
from rewardlab.e2cl.household.reasons import KINDS
from rewardlab.e2cl.household.simulator import Simulator
from rewardlab.e2cl.household.verbs import VERBS
from rewardlab.e2cl.world import Action


@pytest.fixture
def simulator():
    return Simulator(State(scene("1019_1"), package.equivalence()))


@pytest.mark.parametrize(
    ("action", "kind", "text"),
    [
        (Action("SWITCHON", (417,)), "near", "robot agent is not close to computer"),
        (Action("DRINK", (1000,)), "drinkable", "coffee_table is not drinkable or not recipient"),
        (Action("GRAB", (999_999,)), "absent", "that object isn't available"),
        (Action("LOOKAT_LONG", (417,)), "verb", "LOOKAT_LONG is no verb of this world"),
        (Action("PUTIN", (417,)), "arity", "PUTIN needs 2 objects, got 1"),
        (Action("GRAB"), "arity", "GRAB needs 1 object, got 0"),
        (Action("POUR", (417, 417)), "self", "computer cannot go into itself"),
        (Action("PUTBACK", (1000, 417)), "hold", "robot agent is not holding coffee_table"),
        (Action("STANDUP"), "posture", "robot agent is not sitting"),
    ],
)
def test_known_answers(simulator, action, kind, text):
    before = simulator.state.digest()
    assert simulator.probe(action) == (kind, text)
    assert simulator.step(action) == (kind, text)
    assert simulator.state.digest() == before


@pytest.mark.parametrize("name", ["57_1", "27_2", "562_1"])
def test_a_probe_changes_nothing_and_says_what_a_step_says(name):
    draw, episode = random.Random(0), HouseholdEpisode(name)
    while (action := episode.teacher()).verb != "END":
        ids, state = episode.view().ids, episode._simulator.state
        before = state.digest()
        for verb in draw.sample(VERBS, 20):
            tried = Action(verb.name, tuple(draw.sample(ids, verb.arity)))
            told = episode.probe(tried)
            assert state.digest() == before
            assert told == episode.fork().step(tried)
            assert told.kind in KINDS
            assert told.kind != "other", told
            assert not {"<", "("} & {*told.text}
            assert "when executing" not in told.text
        episode.step(action)


def test_a_thing_does_not_go_into_what_is_inside_it(simulator):
    state = simulator.state
    inner, outer = 417, 1000
    relation = type(next(iter(state.edges()))[1]).INSIDE
    state.add_edge(state.get_node(outer), relation, state.get_node(inner))
    assert simulator.refusal(Action("PUTIN", (inner, outer))).kind == "self"


def test_measurements_of_the_package_do_not_pile_up(simulator):
    from virtualhome_eval.simulation.evolving_graph.common import TimeMeasurement

    simulator.step(package.program("1019_1").actions[0])
    assert not TimeMeasurement._measurement_time
