"""The globals of a reward program: what the vocabulary lists, and nothing else."""

from __future__ import annotations

import builtins
import codecs
import contextlib
import encodings
import importlib
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from rewardlab.program.vocabulary import (
    BUILTINS,
    CLASSES,
    HELPERS,
    MODULES,
    PRESEEDED,
    import_name,
    members,
)
from rewardlab.sandbox import euler, helpers
from rewardlab.sandbox.clouds import Cloud

_OURS = {
    "transforms3d": helpers,
    "transforms3d.euler": euler,
    "transforms3d.quaternions": helpers,
}


def namespace(printer: Callable[..., None]) -> dict[str, Any]:
    """Return fresh globals for one program.

    Args:
        printer: Stands for `print`.
    """
    tables = {module: _table(module) for module in MODULES}
    found: dict[str, Any] = {"__name__": "reward", "__builtins__": _builtins(printer)}
    for module, table in tables.items():
        found[import_name(module)] = table
        parent, _, name = module.rpartition(".")
        if parent in tables and module not in CLASSES:
            setattr(tables[parent], name, table)
    found |= {name: getattr(helpers, name) for name in HELPERS}
    found |= {name: _resolve(path, tables) for name, path in PRESEEDED.items()}
    return found


def _builtins(printer: Callable[..., None]) -> dict[str, Any]:
    table = {name: getattr(builtins, name) for name in BUILTINS}
    return table | {"print": printer, "__import__": _loaded}


def _loaded(name: str, *_: Any, **__: Any) -> Any:
    """Stand for `__import__`: numpy's C code looks up its own loaded modules through it.

    Programs cannot name it, and their own imports were resolved before they were compiled.
    """
    if name.partition(".")[0] not in ("numpy", "scipy") or name not in sys.modules:
        raise ImportError(f"{name!r} cannot be imported here")
    return sys.modules[name]


def _table(module: str) -> Any:
    """Return an object with a module's listed members; a class stands for itself."""
    real = _real(module)
    if module in CLASSES:
        return real
    names = [name for name in members(module) if name in MODULES[module]]
    return SimpleNamespace(**{n: getattr(real, n) for n in names if hasattr(real, n)})


def _real(module: str) -> Any:
    if module in _OURS:
        return _OURS[module]
    parent, _, name = module.rpartition(".")
    if module in CLASSES:
        return getattr(importlib.import_module(parent), name)
    return importlib.import_module(module)


def _resolve(path: str, tables: dict[str, Any]) -> Any:
    if path in tables:
        return tables[path]
    parent, _, name = path.rpartition(".")
    return getattr(helpers if parent == "helpers" else tables[parent], name)


def close_codecs() -> None:
    """Look no encoding up from now on: `str(buffer, "name")` would import one."""
    codecs.unregister(encodings.search_function)


def warm_up() -> None:
    """Do once what libraries put off until first use: a locked worker can import nothing."""
    namespace(print)
    _warm_numpy()
    _warm_scipy()
    _warm_clouds()
    compile("gr\u00f6\u00dfe = 1", "<warm-up>", "exec")


def _warm_numpy() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    np.linalg.svd(matrix @ matrix)
    for call in (
        lambda: np.ones(2) + np.ones(3),
        lambda: np.ones((2, 2)) @ np.ones(3),
        lambda: np.linalg.inv(np.zeros((2, 2))),
        lambda: np.ones(2)[5],
        lambda: np.add(1, "a"),
        lambda: np.array([[1], [1, 2]], float),
    ):
        with contextlib.suppress(Exception):
            call()
    f"{matrix} {matrix[0, 0]:.3f} {matrix.dtype}"
    np.einsum("ij,jk->i", matrix, matrix)
    np.percentile(matrix, 50.0), np.median(matrix), np.unique(matrix), np.finfo(float).eps


def _warm_scipy() -> None:
    from scipy.spatial.distance import cdist, euclidean
    from scipy.spatial.transform import Rotation, Slerp

    points = np.eye(3)
    cdist(points, points), cdist(points, points, "cosine"), euclidean(points[0], points[1])
    turn = Rotation.from_euler("xyz", [0.1, 0.2, 0.3])
    turns = Rotation.from_quat([[0, 0, 0, 1.0], [0, 0, 1.0, 1.0]])
    (turn * turn.inv()).apply([1.0, 0.0, 0.0])
    turn.as_matrix(), turn.as_rotvec(), turn.as_quat(), turn.magnitude(), turn.as_euler("zyx")
    Rotation.from_matrix(np.eye(3)), Rotation.from_rotvec([0.1, 0, 0]), Rotation.identity()
    Slerp([0.0, 1.0], turns)([0.5])


def _warm_clouds() -> None:
    seed, links = 1.0, np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]).tobytes()
    Cloud([[(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1)]], 4, "").world(seed, links)
