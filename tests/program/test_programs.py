"""Programs as language models write them pass, and give in the jail what they give in Python."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import distance
from scipy.spatial.transform import Rotation

from rewardlab.program.entry import ENTRY
from rewardlab.program.reading import read
from rewardlab.program.vocabulary import HELPERS
from rewardlab.sandbox import helpers
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.facade import facade

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
DROPPED = {"os", "torch", "random", "gym", "collections.defaultdict"}
GIVEN = {
    **{"np": np, "numpy": np, "math": math, "distance": distance, "sdist": distance},
    **{"cdist": distance.cdist, "Rotation": Rotation, "print": lambda *_, **__: None},
    **{name: getattr(helpers, name) for name in HELPERS},
}


@pytest.fixture(scope="module")
def rows(schema):
    return np.random.default_rng(0).uniform(0.1, 1.0, size=(24, schema.row_size))


def natively(source, schema, rows):
    """Run a program as Python would, with nothing read, rewritten or taken away."""
    names = {"__name__": "reward", **GIVEN}
    exec(compile(source, "<program>", "exec"), names)
    wrapped = [v for v in names.values() if isinstance(v, type) and hasattr(v, ENTRY)]
    function = names[ENTRY] if ENTRY in names else getattr(wrapped[0], ENTRY)
    scene = facade(schema)
    type.__setattr__(type(scene.scene), "dt", schema.dt)
    extra = (lambda: (scene.obs(),)) if read(source, schema).takes_obs else tuple
    for row in rows:
        scene.buffer[:] = row
        value = function(scene.scene, scene.action(), *extra())
        yield value if type(value) is tuple else (value, {})


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_ordinary_program_passes(schema, path):
    reading = read(path.read_text("utf-8"), schema)
    assert [str(f) for f in reading.findings if f.severity == "error"] == []
    dropped = {f.message.split("'")[1] for f in reading.findings if f.code == "ForbiddenImport"}
    assert dropped <= DROPPED


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_the_jail_gives_what_python_gives_bit_for_bit(schema, rows, path, monkeypatch):
    for name in ("transforms3d", "transforms3d.quaternions"):  # the worker brings its own
        monkeypatch.setitem(sys.modules, name, helpers)
    source = path.read_text("utf-8")
    with RewardWorker(source, schema) as worker:
        batch = worker.evaluate(rows)
    assert np.isfinite(batch.reward).all()
    if "import torch" in source or "import gym" in source:
        return  # natively it would need what it never uses
    for i, (reward, info) in enumerate(natively(source, schema, rows)):
        assert batch.reward[i] == float(reward)
        got = {n: batch.terms[i, k] for k, n in enumerate(batch.names) if batch.present[i, k]}
        assert got == {name: float(value) for name, value in info.items()}


def test_there_are_many():
    assert len(PROGRAMS) >= 70
