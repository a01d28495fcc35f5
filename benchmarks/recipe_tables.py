"""The tables of results/text2reward, from the rows that `benchmarks/text2reward.py` measured."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from recipes import kept, machine, program
from scipy import stats

from rewardlab.envs import tasks
from rewardlab.training.recipes import RECIPES

PUBLISHED_STEPS = 1_000_000
"""What the paper trains a MetaWorld task for."""

CLOCKS = ("cpu_s", "wall_s")

Rows = list[dict[str, Any]]


def write(out: Path) -> None:
    """Write `library.md` and `race.md` beside the rows."""
    rows = {kind: kept(out / f"{kind}.jsonl") for kind in KINDS}
    current = {kind: [r for r in found if _current(r)] for kind, found in rows.items()}
    where = _machines(r for found in current.values() for r in found)
    (out / "library.md").write_text(LIBRARY.format(table=library(current["library"]), where=where))
    (out / "race.md").write_text(
        RACE.format(
            race=race(current["race"], current["paper"]),
            real=real(current["real"], current["race"]) if current["real"] else NOT_RUN,
            ablation=ablation(current["ablation"]),
            where=where,
        )
    )


def page(out: Path, name: str) -> None:
    """Run the benchmark of that name and keep what it prints, with what it says of itself.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    script = Path(__file__).with_name(f"{name}.py")
    said = subprocess.run(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    doc = ast.get_docstring(ast.parse(script.read_text())) or ""
    title, _, about = doc.partition("\n")
    about = about.partition("    python benchmarks/")[0].strip()
    (out / f"{name}.md").write_text(
        PAGE.format(title=title, about=about, name=name, machine=machine(), said=said)
    )


def line(row: dict[str, Any]) -> str:
    """Return a row as a person reads it while it goes on."""
    what = f"{row['kind']:<9} {row['task']:<30} {row['recipe']:<18} seed {row['seed']}"
    solved = f"solved at {row['solved_at']:,}" if row["solved_at"] else f"{row['steps']:,} steps"
    share = f", success {row['success']:.0%}" if row.get("success") is not None else ""
    return f"{what}  {solved}{share}, {row['cpu_s']:.0f} s + {row['evaluation_cpu_s']:.0f} s"


def library(rows: Rows) -> str:
    """Success of the final policy on goals of its own, per program."""
    lines = [
        "| task | program | algorithm, engine | horizon | steps | success | cpu s |",
        "|---" * 7 + "|",
    ]
    for r in sorted(rows, key=lambda r: (r["task"], r["seed"])):
        low, high = r["success_ci"]
        success = f"{r['success']:.0%} [{low:.0%}, {high:.0%}]"
        spent = f"{r['cpu_s']:.0f} + {r['evaluation_cpu_s']:.0f}"
        lines.append(
            f"| {r['task']} | {r['program_id'][:10]} | {r['algo']}, {r['engine']} | "
            f"{_horizon(r['task'])} | "
            f"{r['steps']:,} of {r['budget']:,} | {success} | {spent} |"
        )
    return "\n".join(lines)


def _horizon(task_id: str) -> str:
    """Return the steps per episode, of training as of evaluation, and the task's own if others."""
    own, recipe = tasks.task(task_id).horizon, RECIPES["fast"](task_id)
    ours = recipe.horizon if recipe and recipe.horizon else own
    return f"{ours}" if ours == own else f"{ours} of {own}"


def race(ours: Rows, paper: Rows) -> str:
    """Steps and time to 90 % with our recipe, beside the paper's published budget."""
    lines = [
        "| task | ours: steps to 90 % | cpu s | wall s | evaluations, cpu s "
        "| paper, 1 M steps: cpu h | wall h | ours / paper: cpu | wall |",
        "|---" * 9 + "|",
    ]
    speeds = _paper_speeds(paper)
    for task, rows in _by(ours, "task").items():
        solved = [r for r in rows if r["solved_at"]]
        cells = [
            f"{mean(r['solved_at'] for r in solved)}{_failures(rows)}",
            *(mean(r[name] for r in solved) for name in ("cpu_s", "wall_s", "evaluation_cpu_s")),
        ]
        if task in speeds and solved:
            whole = {name: speeds[task][name] * PUBLISHED_STEPS for name in CLOCKS}
            share = {n: np.mean([r[n] for r in solved]) / whole[n] for n in CLOCKS}
            cells += [f"{whole[name] / 3600:.1f}" for name in CLOCKS]
            cells += [f"1/{1 / share[name]:,.0f}" for name in CLOCKS]
        else:
            cells += ["not run"] * 4
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def real(paper: Rows, ours: Rows) -> str:
    """Both recipes to 90 % for real, where the paper's gets there soon enough."""
    lines = ["| task | recipe | steps to 90 % | cpu s | wall s | ratio of cpu |", "|---" * 6 + "|"]
    fast = _by(ours, "task")
    for task, rows in _by(paper, "task").items():
        solved = [r for r in rows if r["solved_at"]]
        mine = [r for r in fast.get(task, []) if r["solved_at"]]
        for name, found, all_ in (
            ("text2reward", solved, rows),
            ("fast", mine, fast.get(task, [])),
        ):
            cells = [mean(r[key] for r in found) for key in ("solved_at", "cpu_s", "wall_s")]
            ratio = ""
            if name == "fast" and solved and mine:
                quotient = np.mean([r["cpu_s"] for r in solved]) / np.mean(
                    [r["cpu_s"] for r in mine]
                )
                ratio = f"1/{quotient:,.0f}"
            cells[0] += _failures(all_)
            lines.append(f"| {task} | {name} | " + " | ".join(cells) + f" | {ratio} |")
    return "\n".join(lines)


def ablation(rows: Rows) -> str:
    """What each lever gives: our recipe without it."""
    lines = ["| task | recipe | steps to 90 % | cpu s | steps per cpu s |", "|---" * 5 + "|"]
    for task, found in _by(rows, "task").items():
        for recipe, same in _by(found, "recipe").items():
            solved = [r for r in same if r["solved_at"]]
            rate = mean(r["steps"] / r["cpu_s"] for r in same)
            steps = mean(r["solved_at"] for r in solved) + _failures(same)
            spent = mean(r["cpu_s"] for r in same)
            lines.append(f"| {task} | {recipe} | {steps} | {spent} | {rate} |")
    return "\n".join(lines)


def mean(values: Iterable[float]) -> str:
    """Return the mean over seeds with Student's 95 % interval, which is wide for three."""
    x = np.array(list(values), float)
    if len(x) < 2:
        return f"{x[0]:,.0f}" if len(x) else "none"
    half = stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return f"{x.mean():,.0f} [{max(x.mean() - half, 0):,.0f}, {x.mean() + half:,.0f}]"


def _paper_speeds(rows: Rows) -> dict[str, dict[str, float]]:
    """Return seconds per environment step once it learns, by task and clock."""
    speeds = {}
    for task, found in _by(rows, "task").items():
        budgets = sorted({r["budget"] for r in found})
        if len(budgets) > 1:
            short, long = budgets[0], budgets[-1]
            speeds[task] = {
                clock: (_spent(found, long, clock) - _spent(found, short, clock)) / (long - short)
                for clock in CLOCKS
            }
    return speeds


def _spent(rows: Rows, budget: int, clock: str) -> float:
    return float(np.mean([r[clock] for r in rows if r["budget"] == budget]))


def _by(rows: Rows, name: str) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups


def _failures(rows: Rows) -> str:
    failed = sum(not r["solved_at"] for r in rows)
    return f" ({failed} of {len(rows)} seeds not)" if failed else ""


def _machines(rows: Iterable[dict[str, Any]]) -> str:
    return "; ".join(sorted({r["machine"] for r in rows if r.get("machine")})) or "not recorded"


def _current(row: dict[str, Any]) -> bool:
    """Whether a row is about the program that the library holds now."""
    return bool(row["program_id"] == program(row["task"]).id)


NOT_RUN = "Not run to its end."

KINDS = ("library", "race", "paper", "real", "ablation")

LIBRARY = """# What the reference library trains

Each program of `prompts/library/` trained with the preset `fast` (docs/recipes.md) and one seed. It
ends when two evaluations of 20 episodes in a row reach 95 %, or at its budget. Success is the share
of 50 further episodes with goals that training has not seen, with Wilson's 95 % interval over the
episodes; one seed says nothing about other seeds. An episode counts as solved only within the steps
of the horizon, which is the recipe's where it names one. Time is processor time of training + of
evaluations on the way. Machine: {where}.

```sh
python benchmarks/text2reward.py library --jobs 2
```

{table}

The rows, with the whole id of each program and its curve, stand in [library.jsonl](library.jsonl).
"""

PAGE = """# {title}

{about}

Machine: {machine}.

```sh
python benchmarks/{name}.py
```

```text
{said}
```
"""

RACE = """# To 90 % success: the paper's recipe and ours

The same reward program (the library's), the same machine. Training ends when an evaluation of 20
episodes finds at least 90 %, and a second one on other episodes does too: every 6,000 steps with
ours, which costs more time the easier a task is, so evaluations are reported apart. Ours counts an
episode as solved within 200 steps, the paper's within 500. Mean over seeds with Student's 95 %
interval. Processor seconds are the training process's; the jailed worker's are in the wall time.
Machine: {where}.

## Ours, and the paper's budget

The paper's recipe (SAC, 3 x 256, batch 512, one update per step of 8 environments) was **not** run
to its end here: its speed was measured over 2,000 updates (the time of the first 4,000 steps, in
which it does not learn, subtracted) and multiplied by the 1,000,000 steps that the paper trains.
So the ratio says what a training costs with either recipe as it is meant to be run, not when the
paper's would have reached 90 %.

```sh
python benchmarks/text2reward.py race --jobs 2
python benchmarks/text2reward.py paper
```

{race}

## Both for real

The paper's recipe is evaluated every 4,000 steps here instead of the published 16,000, so that it
can end earlier.

```sh
python benchmarks/text2reward.py real
```

{real}

## Which lever gives what

Our recipe with one lever each put back to what it replaces, for 150,000 steps at most.

```sh
python benchmarks/text2reward.py ablation
```

{ablation}
"""
