"""What each shaper costs: its share of a step of bare Stable-Baselines3.

Every shaper that rewardlab knows by name, and potentials, are attached to SB3's algorithms with
their default settings. Each trains as many steps as the bare algorithm does just before, in the
same process and one thread; what counts is processor time within `learn`, so that other programs
only matter through caches and shared cores. The share is the median over turns of
(with − bare)/bare. On-policy it holds the updates after whole rollouts, off-policy those every
`update_every` steps. SAC learns for the last half of its steps alone, so shares there are high
rather than low.

Times are appended to `results/shapers/overhead.jsonl`, with the load average of that moment; the
page says what all of them say.

    OMP_NUM_THREADS=1 python benchmarks/shapers.py [--cases 0 1] [--only rnd potential]
    python benchmarks/shapers.py --cases   # writes the page alone
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.env_util import make_vec_env

import rewardlab.envs.tabular  # noqa: F401  registers ROOM
from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import RewardlabError
from rewardlab.shapers import DynamicPotential, Potential, registry
from rewardlab.shapers.base import Shaper
from rewardlab.training.attach import attach

PAGE = Path(__file__).resolve().parents[1] / "results" / "shapers" / "overhead.md"
ROOM = "rewardlab/Room-2024-v0"
ROWS = PAGE.with_suffix(".jsonl")
TARGET = 0.1
FORMS = {"potential, table", "potential, function", "dynamic potential", "exprd", "expadard"}
"""Tables and potentials, which the target is for."""


@dataclass(frozen=True)
class Case:
    """An algorithm on an environment, for as many steps as show it at work."""

    algo: type[Any]
    env: str
    n_timesteps: int
    n_envs: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        envs = f"{self.n_envs} environments" if self.n_envs > 1 else "1 environment"
        return f"{self.algo.__name__}, {self.env.removeprefix('rewardlab/')}, {envs}"

    def learn(self, shaper: Shaper | None) -> float:
        """Train; return processor time per step [µs].

        Raises:
            RewardlabError: The shaper does not fit.
        """
        venv = make_vec_env(self.env, n_envs=self.n_envs, seed=0)
        model = self.algo("MlpPolicy", venv, seed=0, device="cpu", **self.options)
        callback = None if shaper is None else attach(model, shaper, fault_file=None)
        start = time.process_time()
        model.learn(self.n_timesteps, callback=callback)
        spent = time.process_time() - start
        venv.close()
        return spent / self.n_timesteps * 1e6


CASES = (
    Case(PPO, ROOM, 2_048, 1, {"gamma": 0.95}),
    Case(PPO, ROOM, 4_096, 8, {"gamma": 0.95, "n_steps": 512}),
    Case(DQN, ROOM, 2_000, 1, {"gamma": 0.95}),
    Case(PPO, "InvertedPendulum-v5", 4_096, 8, {"n_steps": 512}),
    Case(SAC, "InvertedPendulum-v5", 1_000, 1, {"learning_starts": 500}),
)


def builders(env: str, only: Iterable[str]) -> dict[str, Callable[[], Shaper]]:
    """Return what to measure on an environment, by label."""
    found: dict[str, Callable[[], Shaper]] = {}
    if env == ROOM:
        table = np.random.default_rng(0).random(50)
        found["potential, table"] = lambda: Potential(table)
        found["dynamic potential"] = lambda: DynamicPotential(lambda obs: table[obs])
    else:
        found["potential, function"] = lambda: Potential(lambda obs: -np.abs(obs[:, 1]))
    for name in registry.BUILT_IN:
        if name != "potential" and (env == ROOM or name not in {"exprd", "expadard"}):
            found[name] = partial(made, name)
    wanted = set(only)
    return {k: v for k, v in found.items() if not wanted or k.split(",")[0] in wanted}


def made(name: str) -> Shaper:
    """Return a shaper with its default settings."""
    needs_task = hasattr(registry.shaper_class(name), "for_task")
    return registry.make(name, task=get_task("tabular/room-2024") if needs_task else None)


def measure(cases: Iterable[int], only: Iterable[str]) -> None:
    """Take one turn; append its rows."""
    for case in (CASES[i] for i in cases):
        case.learn(None)  # whatever is imported or compiled at first use
        for label, build in builders(case.env, only).items():
            try:
                build()  # imports it
                bare, shaped = case.learn(None), case.learn(build())
            except RewardlabError as error:
                print(f"{case}: {label}: left out: {error}", flush=True)
                continue
            row = {"case": str(case), "shaper": label, "bare_us": bare, "shaped_us": shaped}
            when = {"load": os.getloadavg()[0], "day": time.strftime("%Y-%m-%d")}
            with ROWS.open("a") as file:
                file.write(json.dumps(row | when) + "\n")
            print(f"{case}: {label}: {bare:.0f} us, {shaped / bare - 1:+.1%}", flush=True)


def table() -> list[tuple[str, ...]]:
    """Return the table's rows, one for each algorithm, environment and shaper."""
    kept = [json.loads(line) for line in ROWS.read_text().splitlines()]
    found: list[tuple[str, ...]] = []
    for case, label in dict.fromkeys((row["case"], row["shaper"]) for row in kept):
        mine = [row for row in kept if (row["case"], row["shaper"]) == (case, label)]
        bare, shaped = (np.array([row[k] for row in mine]) for k in ("bare_us", "shaped_us"))
        shares = shaped / bare - 1.0
        share = f"{np.median(shares):.1%} [{shares.min():.1%}, {shares.max():.1%}] of {len(mine)}"
        added, load = f"{np.median(shaped - bare):+,.0f}", max(row["load"] for row in mine)
        days = ", ".join(dict.fromkeys(row["day"] for row in mine))
        when = f"{days}, {load:.1f}"
        found.append((case, label, f"{np.median(bare):,.0f}", added, share, when))
    return found


def verdict(found: list[tuple[str, ...]]) -> str:
    """Say where tables and potentials cost more than they should."""
    forms = [row for row in found if row[1] in FORMS]
    lines = [f"The target for tables and potentials is {TARGET:.0%} of a bare step:", ""]
    for case in dict.fromkeys(row[0] for row in forms):
        shares = [float(row[4].split("%")[0]) for row in forms if row[0] == case]
        word = "met" if max(shares) <= 100 * TARGET else "**missed**"
        lines.append(f"- {case}: {word}, {min(shares):.1f} to {max(shares):.1f} %;")
    return "\n".join(lines)[:-1] + "."


def page(found: list[tuple[str, ...]]) -> str:
    """Return the table as Markdown."""
    loads = [json.loads(line)["load"] for line in ROWS.read_text().splitlines()]
    head = f"""# What shapers cost beside bare Stable-Baselines3

{time.strftime("%Y-%m-%d")}; 2 virtual cores of an Intel Xeon, 24 GiB, Python 3.11, the versions of
`constraints.txt`. Load averages while it ran: {min(loads):.1f} to {max(loads):.1f}; above 2, cores
and caches were shared with other programs, which costs both sides and shares more than others.
Processor time within `learn` per environment step, one thread; the share is the median of the
turns', each against a bare training just before. Negative shares show how much of it is noise.
Each row names the day, of whose code it is, and the highest load average. On 2026-11-23 steps of
one environment became cheaper: what a potential adds to the environment's own step fell from a
median of 39 to 29 µs, what a designed table adds from 34 to 26 µs (PPO, Room-2024-v0).

```sh
OMP_NUM_THREADS=1 python benchmarks/shapers.py
```

{verdict(found)}

| algorithm, environment | shaper | bare [µs] | more [µs] | share [least, most] | day, load |
|---|---|---|---|---|---|
"""
    return head + "".join(f"| {' | '.join(row)} |\n" for row in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="*", type=int, default=range(len(CASES)))
    parser.add_argument("--only", nargs="+", default=[], help="labels")
    args = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    measure(args.cases, args.only)
    PAGE.write_text(page(table()))


if __name__ == "__main__":
    main()
