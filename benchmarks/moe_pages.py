"""The page and plot of mixtures of tasks, from the rows of `benchmarks/moe_mixtures.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np

from rewardlab.evaluation.statistics import mean_interval

Row = dict[str, Any]
DENSE = "dense"
ENOUGH = 5
"""Seeds from which an interval is told."""


def write(out: Path, rows: list[Row], mixtures: Mapping[str, Any], arms: Mapping[str, Any]) -> None:
    """Write `mixtures.md` and a plot for each mixture of tasks that has rows."""
    for name, found in grouped(rows, mixtures, arms).items():
        plot(out / f"mixture_{name}.png", mixtures[name], found)
    (out / "mixtures.md").write_text(page(rows, mixtures, arms))


def page(rows: list[Row], mixtures: Mapping[str, Any], arms: Mapping[str, Any]) -> str:
    """Return the page of all rows."""
    parts = [
        section(name, mixtures[name], found, arms)
        for name, found in grouped(rows, mixtures, arms).items()
    ]
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    return PAGE.format(machine=machines, enough=ENOUGH, parts="\n\n".join(parts)) + READING


def grouped(
    rows: list[Row], mixtures: Mapping[str, Any], arms: Mapping[str, Any]
) -> dict[str, dict[str, list[Row]]]:
    """Return the rows of each mixture of tasks and each arm, by seed; without empty ones."""
    ordered = sorted(rows, key=lambda row: int(row["seed"]))
    every = {
        name: {
            arm: [row for row in ordered if (row["mixture"], row["arm"]) == (name, arm)]
            for arm in arms
        }
        for name in mixtures
    }
    kept = {name: {arm: own for arm, own in of.items() if own} for name, of in every.items()}
    return {name: of for name, of in kept.items() if of}


def section(
    name: str, mixture: Any, found: Mapping[str, list[Row]], arms: Mapping[str, Any]
) -> str:
    """Return the table of a mixture of tasks, the largest area first."""
    budget = next(iter(found.values()))[0]["settings"]["budget"]
    n_tasks = len(mixture.tasks)
    lines = [
        f"## {name}",
        "",
        f"{n_tasks} tasks ({', '.join(mixture.tasks)}), {budget['steps']:,} steps over all of "
        f"them; the measure is the {mixture.measure} of an episode; the most that experts can know "
        f"of the task is ln {n_tasks} = {math.log(n_tasks):.2f} nats.",
        "",
        "| arm | is | parameters | seeds | final | area | more area than dense | solved at "
        "| I(task; expert) | used | cpu s |",
        "|---" * 11 + "|",
    ]
    for arm in sorted(found, key=lambda a: -np.mean([row["area"] for row in found[a]])):
        rows = found[arm]
        cells = [
            arm,
            arms[arm].says,
            f"{rows[0]['parameters']:,}",
            str(len(rows)),
            told([float(np.mean(row["final"])) for row in rows]),
            told([row["area"] for row in rows]),
            gain(rows, found.get(DENSE, [])),
            first([row["solved_at"] for row in rows]),
            *(average(rows, key) for key in ("information", "utilisation")),
            f"{np.mean([row['cpu_s'] for row in rows]):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"![{name}](mixture_{name}.png)"])


def told(values: list[float]) -> str:
    """Return the mean over seeds, with its 95 % bootstrap interval if they are enough for one."""
    x = np.array(values)
    digits = 0 if abs(x).max() > 10 else 3
    mean = f"{x.mean():.{digits}f}"
    if len(x) < ENOUGH:
        return mean
    low, high = mean_interval(x, rng=np.random.default_rng(0))
    return f"{mean} [{low:.{digits}f}, {high:.{digits}f}]"


def gain(rows: list[Row], dense: list[Row]) -> str:
    """Return by how much the area is larger than that of the dense network of the same seed."""
    areas = {row["seed"]: row["area"] for row in dense}
    pairs = [row["area"] - areas[row["seed"]] for row in rows if row["seed"] in areas]
    return told(pairs) if rows is not dense and pairs else ""


def first(steps: list[int | None]) -> str:
    """Return the median of the seeds that got there, and how many did."""
    there = [s for s in steps if s is not None]
    if not there:
        return "never"
    return f"{np.median(there):,.0f} ({len(there)} of {len(steps)})"


def average(rows: list[Row], key: str) -> str:
    """Return the mean of what only some arms have."""
    values = [row[key] for row in rows if key in row]
    return f"{np.mean(values):.2f}" if values else ""


def plot(path: Path, mixture: Any, found: Mapping[str, list[Row]]) -> None:
    """Draw each arm's curve beside that of the dense network of equal active size."""
    names = [name for name in found if name != DENSE]
    columns = 4
    height = -(-len(names) // columns) or 1
    figure, grid = plt.subplots(
        height, columns, sharex=True, sharey=True, squeeze=False, figsize=(10, 1.9 * height)
    )
    for axes in grid.ravel()[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.ravel(), names, strict=False):
        _curves(axes, found.get(DENSE, []), "grey")
        _curves(axes, found[name], "C0")
        axes.set_title(name, fontsize="small")
    figure.supxlabel("environment steps", fontsize="small")
    figure.supylabel(f"{mixture.measure}, mean over tasks", fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _curves(axes: Any, rows: list[Row], color: str) -> None:
    if not rows:
        return
    curves = [np.nanmean(np.array(row["curve"], float), axis=1) for row in rows]
    steps = np.linspace(0, rows[0]["settings"]["budget"]["steps"], len(curves[0]) + 1)[1:]
    for curve in curves:
        axes.plot(steps, curve, color=color, linewidth=0.6, alpha=0.4)
    axes.plot(steps, np.mean(curves, axis=0), color=color)


PAGE = """# Does a mixture of experts help where tasks disagree?

One policy learns several tasks at once with PPO; which task it is in stands in what it observes.
Each network is two layers wide 64 behind the observation, in actor and critic alike: a mixture of 8
experts of which 2 are active, or a dense network of equal active or equal total size. Arms of one
seed see the same settings; none was tuned for any arm.

"Final" is the mean over tasks of 20 episodes each without exploration; "area" the mean over
training of the episodes on the way (with exploration, in 20 bins); both with 95 % bootstrap
intervals over seeds, and so is "more area than dense", the difference to the dense network of
equal active size with the same seed. Fewer than {enough} seeds are told without an interval.
"Solved at": the end of the first bin in which the mean over tasks reached the bar, the median of
the seeds that got there, and how many did. "I(task; expert)" is the mutual information of the
actor's weights on the final episodes; "used" is Jain's index of those weights, 1 if all experts
are used alike. "cpu s" is the processor time of training.
Machine: {machine}, 24 GiB.

```sh
python benchmarks/moe_mixtures.py run cartpole
python benchmarks/moe_mixtures.py run pendulum dense "dense, total" uniform "by task" random \\
    softmax "softmax, balanced" sigmoid "expert choice" dynmole "one expert"
python benchmarks/moe_mixtures.py run metaworld dense "dense, total" softmax "by task" "one expert"
python benchmarks/moe_mixtures.py page
```

{parts}
"""

READING = """
## Reading

- **Opposed tasks in one kind of world (cartpole, pendulum)**: mixtures do not help as such. On
  cartpole softmax, sigmoid, prototypes and expert choice are worse than the dense network of equal
  active size beyond doubt, and so is a dense network of their total size. Not told apart from it
  are dts, which begins with all experts, dynmole and the uniform gate, which use almost all or all
  of them, a single expert, and sigmoids with a shared one. On pendulum dynmole alone is ahead with
  its whole interval, by little, and that in one of 24 comparisons; expert choice is behind.
- **Different tasks (metaworld)**: here two mixtures are ahead of both dense networks: softmax with
  its whole interval, experts by task with an interval that ends at 0. The difference is one task,
  window-close, which the dense networks miss, wholly or in part, with most seeds and the mixtures
  solve with 4 and 5 of 5; the other two tasks everybody solves. A single expert of the same code
  does not do it.
- **Knowing the task is not what is missing**: experts that are fixed by task, with all the
  information there is, are worse than dense on cartpole, equal to it on pendulum, ahead on
  metaworld.
  Where tasks share most of what is to be learned, each expert sees only its part of the data.
- **Information**: on cartpole the actor's experts know 0.34 to 0.77 nats of the task (expert choice
  1.04; the bar of half of ln 4 is 0.69), a random frozen router no less (0.81), since the task is
  part of what it sees. It does not go along with doing well.
- **Balance**: 0.01 of Switch's loss evens the use of experts out, and the result is the same.
- Five seeds, and one setting of PPO that was tuned for nobody.
"""
