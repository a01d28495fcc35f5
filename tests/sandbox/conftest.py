from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec, PartSpec
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.limits import Limits


@pytest.fixture(scope="session")
def schema() -> Schema:
    robot = EntitySpec(
        "Robot",
        "An arm.",
        (
            FieldSpec("ee_position", "tool", "array", (3,), "m"),
            FieldSpec("gripper_openness", "opening", "float"),
            FieldSpec("touching", "contact", "bool"),
        ),
    )
    root = EntitySpec(
        "Table",
        "A table.",
        (
            FieldSpec("goal_position", "goal", "array", (3,), "m"),
            FieldSpec("angle", "door", "float", (), "rad"),
            FieldSpec("obs", "raw observation", "array", (6,)),
        ),
        (PartSpec("robot", robot, "the arm"),),
    )
    return Schema(root, ActionSpec(4), 0.05)


@pytest.fixture(scope="session")
def rows(schema: Schema) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(64, schema.row_size))


@pytest.fixture
def worker(schema: Schema) -> Iterator[Callable[..., RewardWorker]]:
    """Start workers that the test need not close."""
    started: list[RewardWorker] = []

    def start(source: str, **options: Any) -> RewardWorker:
        started.append(RewardWorker(textwrap.dedent(source), schema, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def jailed(worker: Callable[..., RewardWorker]) -> Callable[..., RewardWorker]:
    """Start a worker on a whole Python program, past the static reading: the jail alone."""

    def start(
        body: str, *, mode: str = "probe", guards: Guards = Guards(reading=False), **limits: Any
    ) -> RewardWorker:
        code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        source = f"def compute_dense_reward(self, action):\n{code}\n"
        return worker(source, mode=mode, limits=Limits(**limits), _guards=guards)

    return start


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    def check(pid: int) -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    return check


@pytest.fixture(scope="session")
def descriptors() -> Callable[[], int]:
    return lambda: len(os.listdir("/proc/self/fd"))
