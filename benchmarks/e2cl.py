"""How fast household tasks are explored: steps per second on one core, against the package's own.

Every twelfth program is replayed three ways in turns: by the package's own graph and executor; by
ours, which finds edges from both ends; and by ours with what exploration adds, a view of all that
can be acted on and a probe of one other action per step. Scenes are read before.

    OMP_NUM_THREADS=1 python benchmarks/e2cl.py      # writes results/e2cl/speed.md
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from recipes import machine
from virtualhome_eval.simulation.evolving_graph.environment import (
    EnvironmentGraph,
    EnvironmentState,
)
from virtualhome_eval.simulation.evolving_graph.execution import ExecutionInfo, ScriptExecutor
from virtualhome_eval.simulation.evolving_graph.scripts import Script, parse_script_line

from rewardlab.e2cl.household import package
from rewardlab.e2cl.household.episode import HouseholdEpisode, scene
from rewardlab.e2cl.household.graph import State
from rewardlab.e2cl.household.simulator import Simulator
from rewardlab.e2cl.world import Action

PAGE = Path(__file__).resolve().parents[1] / "results" / "e2cl" / "speed.md"
ROUNDS = 7
STRIDE = 12


def theirs(name: str) -> Callable[[], None]:
    """Return a replay of a program by the package."""
    graph, read = EnvironmentGraph(package.graph(name)), package.program(name)

    def replay() -> None:
        executor = ScriptExecutor(graph, package.equivalence())
        state = EnvironmentState(graph, package.equivalence(), instance_selection=True)
        for verb, ids in read.actions:
            line = f"[{verb}] " + " ".join(f"<{read.classes[i]}> ({i})" for i in ids)
            executor.info = ExecutionInfo()
            _, state = executor.execute_one_step(Script([parse_script_line(line, 0)]), state)

    return replay


def ours(name: str) -> Callable[[], None]:
    """Return a replay by the simulator alone."""
    at, read = scene(name), package.program(name)

    def replay() -> None:
        simulator = Simulator(State(at, package.equivalence()))
        for action in read.actions:
            simulator.step(action)

    return replay


def exploring(name: str) -> Callable[[], None]:
    """Return a replay with a view and a probe at each step."""
    scene(name)

    def replay() -> None:
        episode = HouseholdEpisode(name)
        for action in package.program(name).actions:
            view = episode.view()
            episode.probe(Action("GRAB", view.ids[:1]))
            episode.step(action)

    return replay


def main() -> None:
    """Measure, and write the page."""
    ways = {"package": theirs, "ours": ours, "exploring": exploring}
    times: dict[str, list[float]] = {way: [0.0] * ROUNDS for way in ways}
    names = package.names()[::STRIDE]
    for name in names:
        runs = {way: make(name) for way, make in ways.items()}
        for i in range(ROUNDS):
            for way, run in runs.items():
                start = time.process_time()
                run()
                times[way][i] += time.process_time() - start
    n = sum(len(package.program(name).actions) for name in names)
    rows = "".join(
        f"| {way} | {1e3 * statistics.median(own) / n:.3f} | {n / statistics.median(own):,.0f} |"
        f" {statistics.median(p / o for p, o in zip(times['package'], own, strict=True)):.1f} |\n"
        for way, own in times.items()
    )
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(TEXT.format(n=n, names=len(names), rounds=ROUNDS, machine=machine(), rows=rows))
    print(rows)


TEXT = """# How fast household tasks are explored

{n} steps of {names} people's programs, in turns, median of {rounds} rounds of processor time on one
core; scenes are read before. "Exploring" adds to each step a view of all that can be acted on and a
probe of another action, so it answers twice as often as the others. The target was 700 steps a
second. Machine: {machine}, 24 GiB.

```sh
OMP_NUM_THREADS=1 python benchmarks/e2cl.py
```

| way | ms a step | steps a second | times the package's speed |
|---|---|---|---|
{rows}"""

if __name__ == "__main__":
    main()
