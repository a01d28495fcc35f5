"""Programs as language models write them pass, and run where programs run."""

from pathlib import Path

import numpy as np
import pytest

from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_ordinary_program_passes(schema, path):
    reading = read(path.read_text("utf-8"), schema)
    assert [f for f in reading.findings if f.severity == "error"] == []
    dropped = {f.message.split("'")[1] for f in reading.findings if f.code == "ForbiddenImport"}
    assert dropped <= {"os", "torch", "random", "gym", "collections.defaultdict"}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_what_passes_runs_in_the_jail(schema, path):
    rows = np.random.default_rng(0).uniform(0.1, 1.0, size=(4, schema.row_size))
    worker = RewardWorker(path.read_text("utf-8"), schema)
    try:
        batch = worker.evaluate(rows)
    finally:
        worker.close()
    assert batch.reward.shape == (4,)
    assert np.isfinite(batch.reward).all()
