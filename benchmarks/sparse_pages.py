"""The page and plot of sparse success, from the rows of `benchmarks/sparse_control.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from recipes import kept

from rewardlab.evaluation.statistics import mean_interval

Row = dict[str, Any]

PLAIN = "sparse"
ENOUGH = 5
"""Seeds from which an interval is told."""


def write(out: Path, rows: Path, methods: Mapping[str, Any]) -> None:
    """Write `sparse_control.md` and its plot from the rows of known methods."""
    found: dict[str, list[Row]] = {name: [] for name in methods}
    for row in kept(rows):
        if row["method"] in found:
            found[row["method"]].append(row)
    found = {name: sorted(same, key=_seed) for name, same in found.items() if same}
    if not found:
        return
    any_row = next(iter(found.values()))[0]
    page = PAGE.format(
        task=any_row["task"],
        steps=any_row["steps"],
        freq=any_row["settings"]["eval_freq"],
        episodes=any_row["settings"]["eval_episodes"],
        machine="; ".join(sorted({r["machine"] for same in found.values() for r in same})),
        table=table(found, methods),
        enough=ENOUGH,
        reading=READING.strip(),
    )
    (out / "sparse_control.md").write_text(page)
    plot(out / "sparse_control.png", found)


def table(found: Mapping[str, list[Row]], methods: Mapping[str, Any]) -> str:
    """Return one line per method, the best area first."""
    lines = [
        "| method | is told | seeds | success at the end | area | more area | 50 % | 90 % "
        "| cpu s |",
        "|---" * 9 + "|",
    ]
    for name in sorted(found, key=lambda n: -np.mean([r["area"] for r in found[n]])):
        rows = found[name]
        cells = [
            name,
            methods[name].knows or "nothing",
            str(len(rows)),
            *(share([row[key] for row in rows]) for key in ("success", "area")),
            gain(rows, found.get(PLAIN, [])),
            *(first([row[key] for row in rows]) for key in ("reach50", "reach90")),
            f"{np.mean([row['cpu_s'] for row in rows]):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def share(values: list[float]) -> str:
    """Return the mean over seeds, with its 95 % bootstrap interval if they are enough for one."""
    x = np.array(values)
    if len(x) < ENOUGH:
        return f"{x.mean():.3f}"
    low, high = mean_interval(x, rng=np.random.default_rng(0))
    return f"{x.mean():.3f} [{low:.3f}, {high:.3f}]"


def gain(rows: list[Row], plain: list[Row]) -> str:
    """Return by how much the area is larger than that of plain training with the same seed."""
    areas = {row["seed"]: row["area"] for row in plain}
    pairs = [row["area"] - areas[row["seed"]] for row in rows if row["seed"] in areas]
    return share(pairs) if rows is not plain and pairs else ""


def first(steps: list[int | None]) -> str:
    """Return the median of the seeds that got there, and how many did."""
    there = [s for s in steps if s is not None]
    if not there:
        return "never"
    return f"{np.median(there):,.0f} ({len(there)} of {len(steps)})"


def plot(path: Path, found: Mapping[str, list[Row]]) -> None:
    """Draw each method's success over steps beside that of plain training: mean and seeds."""
    names = [name for name in found if name != PLAIN]
    columns = 4
    figure, grid = plt.subplots(
        -(-len(names) // columns), columns, sharex=True, sharey=True, squeeze=False,
        figsize=(10, 1.9 * -(-len(names) // columns)),
    )  # fmt: skip
    for axes in grid.ravel()[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.ravel(), names, strict=False):
        _curves(axes, found.get(PLAIN, []), "grey")
        _curves(axes, found[name], "C0")
        axes.set_title(name, fontsize="small")
    figure.supxlabel("environment steps", fontsize="small")
    figure.supylabel("success", fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _curves(axes: Any, rows: list[Row], color: str) -> None:
    for row in rows:
        steps, success = np.array(row["curve"]).T
        axes.plot(steps, success, color=color, linewidth=0.6, alpha=0.4)
    if rows:
        axes.plot(steps, np.mean([np.array(r["curve"])[:, 1] for r in rows], axis=0), color=color)


def _seed(row: Row) -> int:
    return int(row["seed"])


PAGE = """# Sparse success on MuJoCo, with and without each shaper

The task is `{task}`, paid 1 at each step at which it is solved and 0 at all others,
in episodes of 200 steps: PPO with the recipe `fast` (docs/recipes.md), {steps:,} steps and the same
seeds (0, 1, …) for every method. Shapers have the settings that they have by default; none was
tuned for this task, nor was the scale of the distance's potential (10 per metre). Whatever is paid,
`VecNormalize` divides it by the spread of its returns, as in the recipe.

"Success at the end" is the share of 50 episodes, with starts that training has not seen, in which
the final policy solves the task; "area" the mean of the evaluations on the way ({episodes} episodes
every {freq:,} steps); both are means over seeds with 95 % bootstrap intervals over seeds, and so
is "more area", the difference to sparse reward alone with the same seed. Fewer than {enough} seeds
are told without an interval. "50 %" and "90 %": the first such evaluation, the median of the seeds
that got there, and how many did. "cpu s" is the processor time of training without evaluations;
what runs a program is another process, whose time it leaves out. "Is told": what a method knows
beyond the sparse reward.
Machine: {machine}, 24 GiB.

```sh
python benchmarks/sparse_control.py
```

{table}

![curves](sparse_control.png)

Success over steps: each method in blue, sparse reward alone in grey; thin lines are seeds.

{reading}

The rows stand in [sparse_control.jsonl](sparse_control.jsonl).
"""

READING = """
## Reading

Plain PPO solves the task with some seeds and not with others (0 to 98 % at the end), so five of
them leave wide intervals: what is not said here is not known.

- To say where to go helps most, and for certain: the dense program and the distance's potential
  have more area than plain training with every seed, and each of their seeds reaches 90 %. The
  potential cannot change what is optimal; the program paid as it is can, and was faster here.
- The same program as a potential is slower than paid as it is, and than the distance. Each seed
  came to 50 %, but the interval of the gain reaches just below 0: with one seed it had less area
  than plain training.
- Curiosity (RND, ICM) is told nothing, and with each of its seeds half of the episodes were
  solved in some evaluation. With seed 0 both had less area than plain training. The interval of
  the gain begins near 0, just above it with RND, just below it with ICM.
- CountBonus, ExploRS and BSRS are not told apart from plain training. The bonus of the first two
  has the defaults of exact environments, up to 1 per step, as much as success pays: with seeds 0
  and 2, which plain training solves in part, both had less area, with seed 1, which it does not
  solve at all, more. BSRS has an eta that its own bound warns of.
- The potential of a teacher's critic is worse than plain training: the interval of its gain is
  below 0. It is in the unit of the dense program, whose values here go from about 75 at the start
  to about 190 where the task is solved; those of success itself are at most 1 / (1 − γ) = 33. All
  of that has to be unlearned before success counts. No scale was tried, and it needs a teacher,
  trained on the dense program for as many steps again, which most methods here had not.
- SelfRS and SORS go as plain training goes, seed by seed: both learn from differences between the
  agent's own returns, so where none succeeds there is nothing to learn from.
- LIRPG is worse than plain training: the interval of its gain is below 0. Its default is the
  paper's c_ex = 0, so the policy never sees success itself.
- ExpRD and ExpAdaRD from a teacher are paid alone, and no seed of either solves all episodes at the
  end, though the teacher knows how. They are designed from cells of a teacher that was trained on
  the dense program for 120,000 steps, and from about 56,000 steps of episodes that it and random
  actions play: three times the learner's budget, which is not in the table's steps. The teacher of
  60,000 steps was refused: its critic's values correlated with returns by .899 (.87 to .91 with
  three other seeds of the measurement), and .9 is asked for; the longer one has .948. Of its macro
  steps 77 % stay in their cell. Its options are the defaults, none was tried beside them. Neither
  is told apart from plain training. ExpAdaRD has more area with three seeds of five; with two of
  them 90 % of the episodes were solved on the way, and 54 and 44 % at the end.
"""
