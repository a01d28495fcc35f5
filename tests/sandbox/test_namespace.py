"""Every word of the vocabulary exists, and works where a late import would be death."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.spatial.transform

from rewardlab.program import vocabulary
from rewardlab.program.vocabulary import HELPERS, MODULES, PRESEEDED
from rewardlab.sandbox import helpers
from rewardlab.sandbox.jail import Guards
from rewardlab.sandbox.namespace import namespace

REAL = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "math": math,
    "scipy.spatial.distance": scipy.spatial.distance,
    "scipy.spatial.transform": scipy.spatial.transform,
    "scipy.spatial.transform.Rotation": scipy.spatial.transform.Rotation,
    "transforms3d.quaternions": helpers,
}


@pytest.mark.parametrize("module", sorted(REAL.keys() & MODULES.keys()))
def test_every_listed_symbol_exists(module: str) -> None:
    missing = [name for name in MODULES[module] if not hasattr(REAL[module], name)]
    assert missing == []


def test_names_are_there_and_nothing_else() -> None:
    names = namespace(print)
    public = {name for name in names if not name.startswith("_")}
    assert public == set(PRESEEDED) | set(HELPERS)
    assert not hasattr(names["np"], "load")
    assert "open" not in names["__builtins__"]
    assert names["np"].linalg.norm([3.0, 4.0]) == 5.0
    with pytest.raises(ImportError):
        names["__builtins__"]["__import__"]("os")


def test_no_walk_through_allowed_names_reaches_a_module() -> None:
    """Breadth first, from everything that a program can name."""
    names = namespace(print)
    allowed = {*vocabulary.ATTRIBUTES, *vocabulary.METHODS}
    allowed |= {name for module in MODULES for name in vocabulary.members(module)}
    rotation = scipy.spatial.transform.Rotation.identity()
    front = [*names.values(), *names["__builtins__"].values()]
    front += [np.ones(3), rotation, {}, [], set(), "", 1.0, 1, np.float64(1.0)]
    seen: dict[int, object] = {}
    for _ in range(6):
        found = []
        for value in front:
            if id(value) in seen:
                continue
            seen[id(value)] = value
            assert not isinstance(value, types.ModuleType)
            found += [getattr(value, name) for name in allowed if hasattr(value, name)]
        front = found
    assert len(seen) > 500


WORDS = [
    "np.{0}(x)",
    "np.{0}(x, x)",
    "np.{0}(m)",
    "np.{0}(m, m)",
    "np.{0}(m, 1)",
    "np.{0}((m, m))",
    "np.{0}(x, 1.0, 2.0)",
    "np.linalg.{0}(m)",
    "np.linalg.{0}(m, x)",
    "math.{0}(0.5)",
    "math.{0}(2, 3)",
    "math.{0}([1.0, 2.0])",
    "distance.{0}(x, x)",
    "distance.{0}(m, m)",
    "x.{0}()",
    "m.{0}(0)",
    "turn.{0}()",
    "turn.{0}('xyz')",
    "turn.{0}(x)",
    "Rotation.{0}('xyz', x)",
    "Rotation.{0}(m)",
    "Rotation.{0}(x)",
]


@pytest.mark.parametrize("mode", ["probe", "train"])
def test_no_word_needs_a_late_import(worker, rows, mode: str) -> None:
    """Call everything somehow, in a locked worker: errors are fine, dying is not."""
    lists = {
        "np": MODULES["numpy"],
        "np.linalg": MODULES["numpy.linalg"],
        "math": MODULES["math"],
        "distance": MODULES["scipy.spatial.distance"],
        "x": vocabulary.ARRAY_METHODS,
        "m": vocabulary.ARRAY_METHODS,
        "turn": ["apply", "as_euler", "as_matrix", "as_quat", "as_rotvec", "inv", "magnitude"],
        "Rotation": MODULES["scipy.spatial.transform.Rotation"],
    }
    calls = [
        word.format(name)
        for word in WORDS
        for name in sorted(lists[word.split(".{0}")[0]])
        if name not in ("einsum", "meshgrid")
    ]
    body = "\n".join(
        f"    try:\n        {call}; done += 1\n    except Exception as e:\n        text = str(e)"
        for call in [*calls, "np.einsum('ij->i', m)", "np.meshgrid(x, x)", "f'{x} {m:}'"]
    )
    source = (
        "import numpy as np, math\nfrom scipy.spatial import distance\n"
        "from scipy.spatial.transform import Rotation\n"
        "x = np.array([0.1, 0.2, 0.3])\nm = np.eye(3) + 0.1\n"
        "turn = Rotation.from_euler('xyz', x)\n"
        f"def compute_dense_reward(self, action):\n    done = 0\n{body}\n    return done\n"
    )
    one = worker(source, mode=mode, _guards=Guards(reading=False))
    assert one.ok, one.findings
    assert one.evaluate(rows[:1]).reward[0] > 300
