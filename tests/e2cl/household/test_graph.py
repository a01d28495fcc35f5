"""The faster graph does what the package's own does."""

import subprocess
import sys

import pytest
from virtualhome_eval.simulation.evolving_graph.environment import (
    EnvironmentGraph,
    EnvironmentState,
    Relation,
)
from virtualhome_eval.simulation.evolving_graph.execution import ExecutionInfo, ScriptExecutor
from virtualhome_eval.simulation.evolving_graph.scripts import Script, parse_script_line

from rewardlab.e2cl.household import package
from rewardlab.e2cl.household.graph import Scene, State
from rewardlab.e2cl.household.simulator import Simulator


def without_cycles(document):
    inside = [e for e in document["edges"] if e["relation_type"] == "INSIDE"]
    pairs = {(e["from_id"], e["to_id"]) for e in inside}
    cycles = [e for e in inside if (e["to_id"], e["from_id"]) in pairs]
    return {**document, "edges": [e for e in document["edges"] if e not in cycles]}, len(cycles)


def digest(state):
    """Return a state of the package as `State.digest` does."""
    document = state.to_dict()
    nodes = [
        (n["id"], n["class_name"], sorted(n["states"]), sorted(n["properties"]))
        for n in document["nodes"]
    ]
    edges = [(e["from_id"], e["relation_type"], e["to_id"]) for e in document["edges"]]
    return sorted(nodes), sorted(edges)


@pytest.mark.parametrize("name", ["1019_1", "117_1", "57_1", "665_2", "27_2", "688_1", "70_1"])
def test_a_program_leaves_the_same_scene_as_in_the_package(name):
    document, _ = without_cycles(package.graph(name))
    graph = EnvironmentGraph(document)
    theirs = EnvironmentState(graph, package.equivalence(), instance_selection=True)
    executor = ScriptExecutor(graph, package.equivalence())
    ours = Simulator(State(Scene(document), package.equivalence()))
    read = package.program(name)
    for action in read.actions:
        words = " ".join(f"<{read.classes[i]}> ({i})" for i in action.objects)
        executor.info = ExecutionInfo()
        script = Script([parse_script_line(f"[{action.verb}] {words}", 0)])
        worked, theirs = executor.execute_one_step(script, theirs)
        assert ours.step(action).ok == worked
        assert ours.state.digest() == digest(theirs)


def test_things_inside_each_other_are_taken_apart():
    document = package.graph("57_1")
    scene = Scene(document)
    _, n_cycles = without_cycles(document)
    assert n_cycles == 6
    inside = [e for e in State(scene, {}).edges() if e[1] is Relation.INSIDE]
    pairs = {(source, target) for source, _, target in inside}
    assert len(pairs) == len(inside)
    assert not any((target, source) in pairs for source, target in pairs)


def test_reading_leaves_a_state_as_it_is():
    simulator = Simulator(State(Scene(package.graph("1019_1")), package.equivalence()))
    simulator.step(package.program("1019_1").actions[0])
    before = {k: set(v) for k, v in simulator.state._new_edges_from.items()}
    for node in simulator.state.get_nodes():
        for relation in Relation:
            simulator.state.get_nodes_from(node, relation)
            simulator.state.ids_to(node.id, relation)
    assert simulator.state._new_edges_from == before


WALK = """
from rewardlab.e2cl.household.episode import HouseholdEpisode
episode = HouseholdEpisode("57_1")
for _ in range(8):
    episode.step(episode.teacher())
view = episode.view()
print(view.ids, view.names, view.features.tolist(), view.context.tolist(), episode.observation)
print(episode._simulator.state.digest())
"""


def test_nothing_depends_on_the_order_of_hashes():
    said = [
        subprocess.run(
            [sys.executable, "-c", WALK],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
