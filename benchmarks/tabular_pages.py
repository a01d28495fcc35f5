"""The page and plots of results/shapers, from the rows of `benchmarks/tabular_shapers.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from tabular_claims import Row, claims, ends
from tabular_claims import lines as told_in

from rewardlab.evaluation.statistics import mean_interval

ABOUT = {
    "exprd-room": """ExpRD on ROOM-2021: Q-learning online (alpha .5, epsilon .1), exact return of
the greedy policy without horizon. Kept: "down" at the goal leads to state 42, h + 1 terms, gaps
divided by 1 + 1e-5. Ties are broken by HiGHS's vertex or, where named, by the least norm.""",
    "exprd-linek": """ExpRD on the ground of LINEK-2021, rewards designed on the abstract MDP and
lifted; ties as in exprd-room. CRAFT needs hand-chosen states, which this MDP has none of. Kept:
h + 1 terms, gaps divided by 1 + 1e-5.""",
    "expadard-linek": """ExpAdaRD on LINEK-2024: REINFORCE (.01), five kinds of first policy, all
methods but Orig with the published features (ExpRD: h terms, no slack; ties broken by HiGHS's
vertex or, where named, by the least norm or where HiGHS's interior-point method stops). Kept:
picking teleports. Fixed: episodes end at 30 steps; the criterion does not mix states. All ExpRD
rewards here lose the same, .0046253, and teach very differently.""",
    "expadard-room": """ExpAdaRD on ROOM-2024, likewise, for 100,000 episodes (published: 200,000).
Kept: "down" at the goal leads to state 42. Fixed: the criterion does not mix states.""",
    "explors": """ExploRS on {env}: {learner}. Fixed: evaluation does not advance the counts; LIRPG
without meta-gradient, whose net never learns there, is left out.{room}""",
}
LEARNERS = {
    "reinforce": "REINFORCE (.1)",
    "q": "Q-learning (alpha .1, epsilon .05), episodes replayed backwards",
}

PAGE = """# Shapers on exact environments

Extrinsic returns of {runs} runs per method, exact rather than sampled. "Area" is the mean over the
points of the curve, "at the end" the return then, both as shares of J* with the 95 % bootstrap
interval over runs; "runs there" are those at 90 % of J* at the end; "90 %" is the first episode at
which the mean over runs holds 90 % of J* (five points of the curve; one for Q-learning online,
whose points are powers of two; a single run that never gets there can keep the mean below it), with
the interval over resampled runs; "never" counts as later than all. Below each, the published
orderings: "yes" or "no" where the whole interval says so (of the difference in area; of the ratio
of episodes to 90 % against .6), "undecided" where it does not; a task counts as solved from half of
J* at the end. Methods that have not been run yet are left out. Each table says which errors of the
papers' code it keeps and which it fixes; in all of them only optimal solutions of the programmes
count, and errors of the papers' neural code do not arise.

```sh
python benchmarks/tabular_shapers.py all
```

{tables}
"""


def kept(path: Path) -> list[Row]:
    """Return the rows of a file, none if there is none."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(out: Path, rows: Path) -> None:
    """Write `curves.md` and a plot for each table that has rows."""
    tables: dict[str, list[Row]] = {}
    for row in kept(rows):
        tables.setdefault(row["table"], []).append(row)
    parts = [_part(out, name, tables[name]) for name in sorted(tables)]
    runs = sorted({row["runs"] for found in tables.values() for row in found})
    text = PAGE.format(runs=" or ".join(map(str, runs)), tables="\n\n".join(parts))
    (out / "curves.md").write_text(text)


def _part(out: Path, name: str, rows: list[Row]) -> str:
    _plot(out / f"{name}.png", rows)
    best = rows[0]["best"]
    lines = [
        "| method | area | at the end | runs there | 90 % | cpu s |",
        "|---|---|---|---|---|---|",
        *(_line(row, best) for row in sorted(rows, key=lambda r: -np.mean(r["area"]))),
    ]
    about = " ".join(_about(name).split())
    table, made = "\n".join(lines), claims(name, rows)
    told = "\n".join(told_in(made)) + "\n\n" if made else ""
    return f"## {name}\n\n{about}\n\n{table}\n\n{told}![curves]({name}.png)"


def _about(name: str) -> str:
    if name in ABOUT:
        return ABOUT[name]
    _, env, *plus, learner = name.split("-")
    shown = f"{env.upper()}-2022, {'with' if plus else 'without'} the distractor"
    room = ' Kept: "down" at the goal leads to state 42.' if env == "room" else ""
    return ABOUT["explors"].format(env=shown, learner=LEARNERS[learner], room=room)


def _line(row: Row, best: float) -> str:
    shares = (_share(np.array(row[key]) / best) for key in ("area", "last"))
    low, high = ends([np.inf if x is None else x for x in row["reached_resampled"]])
    reached = f"{_count(row['reached'])} [{_count(low)}, {_count(high)}]"
    there = f"{sum(x >= 0.9 * best for x in row['last'])} of {row['runs']}"
    shown = [row["method"], *shares, there, reached, f"{row['cpu_s']:.0f}"]
    return f"| {' | '.join(shown)} |"


def _share(values: Any) -> str:
    low, high = mean_interval(values, rng=np.random.default_rng(0))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def _count(episodes: float | None) -> str:
    return "never" if episodes is None or np.isinf(episodes) else f"{episodes:,.0f}"


def _plot(path: Path, rows: list[Row]) -> None:
    figure, axes = plt.subplots(figsize=(7, 4))
    for row in rows:
        x, mean = np.array(row["episodes"]), np.array(row["mean"])
        error = np.array(row["standard_error"])
        (line,) = axes.plot(x, mean, label=row["method"])
        axes.fill_between(x, mean - error, mean + error, color=line.get_color(), alpha=0.2)
    axes.axhline(rows[0]["best"], color="grey", linewidth=0.5)
    axes.set(xlabel="episodes", ylabel="extrinsic return")
    axes.set_xscale("symlog", base=2, linthresh=max(1, rows[0]["episodes"][1]))
    axes.set_xlim(left=0)
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)
