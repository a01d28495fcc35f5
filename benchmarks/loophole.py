"""A program with a planted loophole, added as it is and as a potential: results/shapers/loophole.

    python benchmarks/loophole.py [--seeds 5] [--only room] [--scale 0.1]

Each program pays for being near the goal in every step. To finish ends the episode, and with it the
pay: hovering beside the goal earns more. Added to the task's own success that is what is learned;
as a potential the same program guides, and only finishing pays. Judged is the task's own success.

Rows are JSON lines in results/shapers/loophole.jsonl; finished ones are kept, so that the command
can be stopped and started again. The page and the plot are written at the end, from the rows; what
is exact on the page is computed then.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import rewardlab
from rewardlab.envs.tabular import mdp
from rewardlab.envs.tasks import Task
from rewardlab.evaluation import shaping
from rewardlab.evaluation.curves import read_curves
from rewardlab.evaluation.inspected import inspected, table_of
from rewardlab.evaluation.statistics import mean_interval
from rewardlab.training.run import Run

OUT = Path("results/shapers")
EPISODES = 20

ROOM = """
def compute_dense_reward(self, action):
    # Loophole: being near the goal pays in every step, and moving on from it ends the episode.
    near = 1.0 - ((6.0 - self.x) + (6.0 - self.y)) / 12.0
    effort = -0.01 * float(action > 1)
    return near + effort, {"near": near, "effort": effort}
"""

KEY = """
def compute_dense_reward(self, action):
    # Loophole: having the key, and being near the goal with it, pays until the episode ends.
    key = 0.5 * float(self.has_right_key)
    way = 0.5 * (self.place if self.has_right_key else 1.0 - self.place)
    effort = -0.01 * float(action > 1)
    return key + way + effort, {"key": key, "way": way, "effort": effort}
"""


@dataclass(frozen=True)
class Case:
    """A task and a program with a loophole.

    Attributes:
        task: Id of the task.
        program: The program.
        title: What it is about, and what pays.
        n_timesteps: Of each run.
    """

    task: str
    program: str
    title: str
    n_timesteps: int


PAGE = """# A planted loophole, added as it is and as a potential

Each program pays for being near the goal in every step; finishing ends the episode, and with it the
pay. `add` pays the task's own success (1, once) and the program; `potential` pays the success and
F = γΦ(s') − Φ(s) of the same program's terms (its `effort` reads the action and is refused).
{seeds} seeds, PPO on one core, {episodes} episodes per evaluation, the last of ten along training.
"Success" is the task's own, mean over seeds with 95 % bootstrap interval; "pay" what the policy
learned from, mean per step over the last tenth of training. "Optimum" is exact: the return on the
task's own reward of a policy that is optimal under each reward, by value iteration.

{table}

Read: hovering is what `add` asks for, and what its policies learn: they are paid most and hardly
ever finish. As a potential the same program cannot ask for that. It also solves what success alone
does not always solve with as many steps.

![success along training](loophole.png)

```sh
python benchmarks/loophole.py
```

The programs:

{programs}
"""

PPO: dict[str, Any] = {
    "algo": "ppo",
    "preset": "sb3",
    "n_envs": 8,
    "hyperparameters": {"n_steps": 128, "n_epochs": 4, "ent_coef": 0.01},
}
CASES = {
    "room": Case("tabular/room-2024", ROOM, "four rooms: `near`, every step, by distance", 30_000),
    "key": Case(
        "tabular/linek-2024", KEY, "a line with a key: `key` and `way`, every step", 60_000
    ),
}
FORMS = {
    "success alone": {"reward": "sparse"},
    "add": {"shaping": "add"},
    "potential": {"shaping": "potential"},
}


@cache
def task_of(name: str) -> Task:
    """Return a case's task."""
    return rewardlab.task(CASES[name].task)


def train(name: str, form: str, seed: int, scale: float) -> dict[str, Any]:
    """Train and judge one run; return its row."""
    case = CASES[name]
    n_timesteps = int(case.n_timesteps * scale)
    with tempfile.TemporaryDirectory() as out:
        run = rewardlab.train(
            task_of(name),
            **{"reward": rewardlab.RewardProgram(case.program), **FORMS[form]},
            n_timesteps=n_timesteps,
            eval_freq=n_timesteps // 10,
            eval_episodes=EPISODES,
            seed=seed,
            out=out,
            **PPO,
        )
        return {
            "case": name,
            "form": form,
            "seed": seed,
            "n_timesteps": n_timesteps,
            "steps": [e["timesteps"] for e in run.evaluations],
            "success": [e["success"] for e in run.evaluations],
            "length": run.evaluations[-1].get("length_mean"),
            "paid": _paid(run),
        }


def _paid(run: Run) -> float:
    """Return the mean reward per step that was learned from, over the last tenth of training."""
    column = read_curves(run.path / "progress.csv").columns["reward/shaped"]
    return float(np.nanmean(column[-max(len(column) // 10, 1) :]))


def measure(path: Path, names: list[str], n_seeds: int, scale: float) -> list[dict[str, Any]]:
    """Train what is not there yet."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(r["case"], r["form"], r["seed"], r["n_timesteps"]) for r in rows}
    for seed in range(n_seeds):
        for name in names:
            for form in FORMS:
                if (name, form, seed, int(CASES[name].n_timesteps * scale)) in done:
                    continue
                rows.append(train(name, form, seed, scale))
                print(name, form, seed, rows[-1]["success"], f"{rows[-1]['paid']:.3f}", flush=True)
                with path.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    return rows


def exact(name: str, form: str) -> tuple[float, float]:
    """Return what the optimum under a form earns on the task's own reward, and the most there is.

    Success pays 1 instead of the task's own reward, a multiple of it.
    """
    task, found = task_of(name), mdp(CASES[name].task.partition("/")[2])
    with tempfile.TemporaryDirectory() as folder:
        path = rewardlab.RewardProgram(CASES[name].program).save(Path(folder) / "program.py")
        chosen = {"reward": str(path), "shaping": "replace", **FORMS[form]}
        with shaping.of_task(task, **chosen, shaper="", options={}, gamma=found.gamma) as shapers:
            reward, _ = table_of(shapers, found, task)
    sure = inspected(name, found, reward).certificate
    return sure.optimum_return, sure.best_return


def table(rows: list[dict[str, Any]]) -> str:
    """Return the table of the page."""
    lines = ["| task | steps | form | success | pay | optimum |", "|---|---|---|---|---|---|"]
    for name, case in CASES.items():
        for form in FORMS:
            own = [r for r in rows if (r["case"], r["form"]) == (name, form)]
            if not own:
                continue
            ends = np.array([row["success"][-1] for row in own])
            low, high = mean_interval(ends, rng=np.random.default_rng(0))
            got, most = exact(name, form)
            pay = np.mean([row["paid"] for row in own])
            lines.append(
                f"| {case.title} (`{case.task}`) | {own[0]['n_timesteps']:,} | {form} "
                f"| {100 * ends.mean():.0f} % [{100 * low:.0f}, {100 * high:.0f}] "
                f"| {pay:.3f} | {got:.3f} of {most:.3f} |"
            )
    return "\n".join(lines)


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw success along training, a thin line per seed and a thick one for the mean."""
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    for i, (name, case) in enumerate(CASES.items()):
        axes = figure.add_subplot(1, len(CASES), i + 1)
        for form, colour in zip(FORMS, ("#8a8f98", "#D55E00", "#0072B2"), strict=True):
            own = [r for r in rows if (r["case"], r["form"]) == (name, form)]
            for row in own:
                axes.plot(row["steps"], row["success"], color=colour, linewidth=0.6, alpha=0.5)
            if own:
                mean = np.mean([row["success"] for row in own], axis=0)
                axes.plot(own[0]["steps"], mean, color=colour, linewidth=2, label=form)
        axes.set_title(case.task, fontsize=10)
        axes.set_xlabel("environment steps", fontsize=9)
        axes.set_ylabel("success", fontsize=9)
        axes.set_ylim(-0.03, 1.03)
        axes.tick_params(labelsize=8)
        axes.legend(fontsize=8, frameon=False, loc=(0.6, 0.52))
    figure.savefig(path, dpi=110, metadata={"Software": None})


def write(rows: list[dict[str, Any]], out: Path) -> None:
    """Write the page and its plot."""
    plot(rows, out / "loophole.png")
    programs = [f"```python\n{case.program.strip()}\n```" for case in CASES.values()]
    page = PAGE.format(
        seeds=len({row["seed"] for row in rows}),
        episodes=EPISODES,
        table=table(rows),
        programs="\n\n".join(programs),
    )
    (out / "loophole.md").write_text(page)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=list(CASES), default=None)
    parser.add_argument("--scale", type=float, default=1.0, help="Share of the steps, for a try.")
    parser.add_argument("--out", type=Path, default=OUT)
    flags = parser.parse_args()
    flags.out.mkdir(parents=True, exist_ok=True)
    names = [flags.only] if flags.only else list(CASES)
    write(measure(flags.out / "loophole.jsonl", names, flags.seeds, flags.scale), flags.out)


if __name__ == "__main__":
    main()
