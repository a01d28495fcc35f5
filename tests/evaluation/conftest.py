import csv

import numpy as np
import pytest

from rewardlab.config import RunConfig
from rewardlab.evaluation.statistics import wilson
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.record import record
from rewardlab.store.files import write_json
from rewardlab.training.run import Run

PARENT = '''import numpy as np


def compute_dense_reward(self, action):
    """Reach the handle, then pull it."""
    distance = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    reach = 1.0 - np.tanh(5.0 * distance)  # the hand comes to the handle
    return 1.0 * reach, {"reach": 1.0 * reach}
'''
CHILD = '''import numpy as np


def compute_dense_reward(self, action):
    """Reach the handle, then pull it open."""
    distance = np.linalg.norm(self.robot.ee_position - self.obj1.position)
    reach = 1.0 - np.tanh(5.0 * distance)  # the hand comes to the handle
    # the drawer comes to its goal
    pull = 3.0 * (1.0 - np.tanh(5.0 * np.linalg.norm(self.obj1.position - self.goal_position)))
    terms = {"reach": reach, "pull": pull}
    terms["effort"] = -0.01 * float(np.square(action).sum())
    return reach + pull + terms["effort"], terms
'''


@pytest.fixture
def parent_source():
    return PARENT


@pytest.fixture
def make_run(tmp_path):
    """Build run folders like those of training, without training."""

    def make(
        source=CHILD, *, goal="Open the drawer by its handle", parent=None, name="child",
        finished=True, evaluated=True, signal=True, rows=60, reward="program",
    ):  # fmt: skip
        program = RewardProgram(source, "metaworld/drawer-open", goal, parent, "offline")
        config = RunConfig("metaworld/drawer-open", 60_000, goal=goal, reward=reward, algo="ppo")
        chosen = program if reward == "program" else None
        command = f"rewardlab train metaworld/drawer-open --reward {name}.py"
        run = Run.create(tmp_path, config, program=chosen, name=name, command=command)
        write_progress(run.path / "progress.csv", rows, signal)
        for k in range(1, 7) if rows else ():
            run.add_evaluation(checked(10_000 * k, min(10, 2 * k), signal))
        write_json(run.path / "verdict.json", VERDICT | {"program_id": program.id})
        write_json(run.path / "versions.json", VERSIONS)
        write_json(run.path / "sandbox.json", record(program_id=program.id, worker=WORKER))
        if evaluated:
            write_json(run.path / "evaluation.json", evaluation(name, signal))
        run.release("finished" if finished else "interrupted")
        return run

    return make


VERDICT = {
    "ok": True,
    "task": "metaworld/drawer-open",
    "sandbox_level": "full",
    "seconds": 0.42,
    "findings": [
        {
            "code": "LargeReward",
            "severity": "warning",
            "message": "rewards reach 4 where 1 is usual",
            "line": 10,
            "col": 4,
            "hint": "scale the terms",
        }
    ],
}
WORKER = {
    "calls": 7500,
    "p50_us": 41.5,
    "p99_us": 80.0,
    "faults": {"NonFiniteReward": 7},
    "respawns": 0,
    "substituted": 7,
}
VERSIONS = {
    "rewardlab": "0.1.0",
    "python": "3.11.2",
    "platform": "Linux-6.1-x86_64",
    "machine": "x86_64",
    "packages": {"torch": "2.9.0", "mujoco": "3.3.0"},
}


def write_progress(path, n, signal):
    rng = np.random.default_rng(0)
    rows = []
    for i, x in enumerate(np.linspace(0, 1, n)):
        row = {
            "time/total_timesteps": 1000 * (i + 1),
            "rollout/ep_rew_mean": 100 + 800 * x + rng.normal(0, 30),
            "reward/terms/reach": 0.2 + 0.6 * x + rng.normal(0, 0.02),
            "reward/terms/pull": 0.1 + 1.8 * x**3 + rng.normal(0, 0.03),
            "reward/terms/effort": -0.03 + rng.normal(0, 0.002),
            "shaper/calls": 125.0 * (i + 1),
            "shaper/substituted": 7.0,
        }
        if signal:
            row["rollout/success_rate"] = np.clip(x**2 + rng.normal(0, 0.05), 0, 1)
        rows.append(row)
    if rows:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[-1]))
            writer.writeheader()
            writer.writerows(rows)


def checked(step, solved, signal):
    return {
        "timesteps": step,
        "episodes": 10,
        "success": solved / 10 if signal else None,
        "success_ci": list(wilson(solved, 10)) if signal else None,
        "return_mean": 90.0 * solved,
        "return_std": 60.0,
        "length_mean": 200.0,
    }


def evaluation(name, signal):
    return {
        "run": name,
        "checkpoint": "final",
        "episodes": 20,
        "success": 0.85 if signal else None,
        "success_ci": list(wilson(17, 20)) if signal else None,
        "return_mean": 812.25,
        "return_ci": [760.0, 860.0],
        "length_mean": 200.0,
        "seed": 1_000_000,
        "video": None,
    }
