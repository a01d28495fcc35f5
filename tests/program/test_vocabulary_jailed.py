"""Every entry of the vocabulary works, and fails, where a late import kills; none is a way out."""

import builtins
import ctypes
import importlib
import io
import os
import subprocess
import sys
import types

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rewardlab.program import vocabulary
from rewardlab.sandbox.client import RewardWorker
from rewardlab.sandbox.namespace import namespace

CHUNK = 12
GIVEN = """
    v, m = np.array([0.3, 0.5, 0.2]), np.array([[2.0, 0.1], [0.1, 1.0]])
    q, t, n = np.array([1.0, 0.2, 0.0, 0.1]), self.time + 0.5, 3
    turn = Rotation.from_euler("xyz", [0.1, 0.2, 0.3])
    turns = Rotation.from_rotvec([[0.1, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, 0.0, 0.3]])
    d, items, s = {"a": 1.0, "b": 2.0}, [3, 1, 2], "reach"
    pose = ObjectPose(v, q=q)
    poses = [pose, pose * pose.inv()]
    total = 0.0
"""
BAD = [
    *(("'x'",), ("None",), ("np.ones((2, 3))", "np.ones((4, 5))"), ("np.ones(0)",), ()),
    *(("{}", "[]", "'x'", "1"), ("np.ones((2, 2))", "'x'"), ("[[1], [1, 2]]",)),
]

_VECTOR = "v"
_PAIR = "v, v + 1"
_MATRIX = "m"
GOOD = {
    **dict.fromkeys(("arange", "identity", "eye", "ones", "zeros"), "n"),
    **dict.fromkeys(
        ("concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"), "[v, v]"
    ),
    **dict.fromkeys(("linspace", "geomspace", "logspace"), "0.1, 1.0, 5"),
    **dict.fromkeys(("fliplr", "flipud", "rot90", "tril", "triu", "trace", "diagonal"), _MATRIX),
    **dict.fromkeys(("percentile", "quantile", "nanpercentile"), "v, 0.5"),
    **dict.fromkeys(("split", "array_split"), "v, 3"),
    **dict.fromkeys(("allclose", "array_equal", "isclose", "dot", "inner", "vdot", "outer"), _PAIR),
    **dict.fromkeys(("append", "convolve", "cross", "kron", "isin", "searchsorted"), _PAIR),
    **dict.fromkeys(("gradient", "histogram", "corrcoef", "cov", "meshgrid"), _VECTOR),
    **dict.fromkeys(("delete", "take", "roll", "repeat", "tile"), "v, 1"),
    **dict.fromkeys(("finfo",), "float"),
    "hypot": "0.5, 0.25",
    "average": "v, None, v",
    "bincount": "np.array([0, 1, 1])",
    "block": "[[m, m]]",
    "broadcast_to": "v, (2, 3)",
    "clip": "v, 0.0, 0.4",
    "digitize": "v, np.array([0.0, 0.4])",
    "einsum": "'ij,jk->ik', m, m",
    "expand_dims": "v, 0",
    "full": "(2, 2), 1.0",
    "full_like": "v, 1.0",
    "insert": "v, 0, 9.0",
    "interp": "t, v, v",
    "matmul": "m, m",
    "moveaxis": "m, 0, 1",
    "pad": "v, 1",
    "polyval": "v, t",
    "reshape": "v, (3, 1)",
    "select": "[v > 0.4], [v], 0.0",
    "swapaxes": "m, 0, 1",
    "tensordot": "m, m, 1",
    "where": "v > 0.4, v, 0.0",
    "norm": "m, 2",
    "cond": "m, 1",
    "solve": "m, np.ones(2)",
    "lstsq": "m, np.ones(2), None",
    "matrix_power": "m, 3",
    "softmax": "v, 0",
    "dist": "v, v + 1",
    "fsum": "v",
    "prod": "v",
    "gcd": "12, 18",
    "isqrt": "9",
    "ldexp": "0.5, 2",
    "acosh": "1.5",
    "arccosh": "1.5",
    "cdist": "m, m, 'cosine'",
    "Slerp": "[0.0, 0.5, 1.0], turns",
    "from_euler": "'xyz', [0.1, 0.2, 0.3], False",
    "from_matrix": "np.eye(3)",
    "from_rotvec": "v",
    "mat2quat": "np.eye(3)",
    "qmult": "q, q",
    "angle_between_vec": _PAIR,
    "angle_distance": "q, q",
    "clip_and_normalize": "t, 0.0, 1.0",
    **dict.fromkeys(("euler2axangle", "euler2mat", "euler2quat"), "0.1, t, 0.3, 'rzyx'"),
    **dict.fromkeys(("axangle2euler", "axangle2quat"), "v, t"),
    "mat2euler": "np.eye(3), 'szyz'",
    "rotate_vector": "v, q",
    "tolerance": "t, (0.0, 0.1), 0.5, 'linear', 0.2",
    "transform_points": "np.eye(4), np.ones((2, 3))",
}
BY_MODULE = {
    "math": {"x": "0.5", "x, y": "0.5, 0.25", "y, x": "0.5, 0.25", "a, b": "0.5, 0.25"},
    "numpy.linalg": {"a": _MATRIX, "A": _MATRIX},
    "scipy.spatial.transform.Rotation": {
        **{"quat": "q", "rotations": "[turn, turn]", "a, b, weights": "np.eye(3), np.eye(3)"},
    },
}
METHODS = {
    "np.array([[3.0, 1.0], [2.0, 5.0]])": {
        **dict.fromkeys(sorted(vocabulary.ARRAY_METHODS - {"sort"}), ""),
        "astype": "int",
        "clip": "0.0, 0.4",
        "dot": "np.ones(2)",
        "item": "0",
        "repeat": "2",
        "reshape": "4",
        "swapaxes": "0, 1",
        "take": "[0]",
        "sort": "",
    },
    "{'a': 1.0}": {
        **{"get": "'a', 0", "items": "", "keys": "", "values": "", "update": "b=1.0", "copy": ""},
        **{"pop": "'a'", "setdefault": "'c', 0.0", "clear": ""},
    },
    "[3, 1, 2]": {
        **{"append": "1", "extend": "[1]", "insert": "0, 1", "index": "1", "count": "1"},
        **{"sort": "key=lambda x: -x", "reverse": "", "remove": "1", "pop": ""},
    },
    "{1, 2}": {"add": "3", "discard": "1", "union": "{4}", "intersection": "{1}"},
    "'Reach'": {
        **{"join": "['a', 'b']", "lower": "", "upper": "", "strip": "", "split": "'e'"},
        **{"startswith": "'R'", "endswith": "'h'", "replace": "'R', 'r'"},
    },
    "(0.5 + t)": {"is_integer": ""},
    "pose": {"inv": "", "to_transformation_matrix": ""},
    "turn": {
        **{"apply": "v", "as_euler": "'zyx', True", "as_matrix": "", "as_quat": ""},
        **{"as_rotvec": "", "inv": "", "magnitude": "", "approx_equal": "turn"},
    },
}
BUILTINS = {
    **dict.fromkeys(("abs", "bool", "float", "int", "round", "str", "print"), "t"),
    **dict.fromkeys(("all", "any", "enumerate", "len", "list", "max", "min", "set"), "v"),
    **dict.fromkeys(("reversed", "sorted", "sum", "tuple", "zip", "dict"), "items"),
    **{
        "divmod": "7, 2",
        "filter": "None, items",
        "frozenset": "items",
        "slice": "1",
        "isinstance": "t, float",
        "map": "abs, items",
    },
    **{"pow": "2, 3", "range": "3", "dict": "a=1.0"},
}
MISHAPS = [
    *("1 / (t * 0)", "v[9]", "items[9]", "d['x']", "v @ np.ones(9)", "v + np.ones(9)", "m[0, 9]"),
    *("int(np.nan)", "int(np.inf)", "float('x')", "[] < {}", "{[]: 1}", "'a' + 1", "v + 'a'"),
    *("np.array([[1], [1, 2]], float)", "np.array([np.nan]).astype(int)", "np.float64(1) / 0"),
    *("np.zeros(0).mean()", "np.zeros(0).max()", "np.mean([])", "np.var([1.0], ddof=2)"),
    *("np.log(-1.0)", "np.sqrt(-v)", "np.arccos(2.0)", "np.int64(2) ** 63", "np.exp(1e9)"),
    *("10 ** 400 * 1.5", "str(10 ** 5000)", "f'{t:d}'", "f'{v:.3f}'", "f'{v}{m!r}{turn}'"),
    *("np.array([1, 'a', None])", "np.array(d)", "np.array([d])", "self.robot", "str(self)"),
    *("v()", "(1)(2)", "max([])", "sorted([1, 'a'])", "np.ones(3) < 'a'"),
    *("np.array(['a', 'b'])", "np.ones((2, 2)).reshape(3)", "np.uint8(300)", "np.int8(127) + 1"),
    *("Rotation.from_quat(np.zeros(4))", "Rotation.from_euler('xyx', [0.1, 0.0, 0.2])"),
    *("Rotation.from_euler('xyz', [0.1, np.pi / 2, 0.2]).as_euler('xyz')", "turn * 3", "turns[1]"),
    *("turns[9]", "turn[0]", "len(turns)", "turn * turns", "turns.magnitude()", "bool(v)"),
    *("np.asarray(action, bool)", "(-8) ** 0.5", "np.array((-8) ** 0.5)", "v[v > 9][0]"),
    *("v[True, None, ..., ::-1]", "v['a']", "np.ones(3)[1.5]", "[1][1.5]", "range(0, 1, 0)"),
    *("str(v, 'x')", "str(v, 'idna')", "list(map(str, [v], ['utf-7']))", "f'{t:n}'", "float('１')"),
    *("np.linalg.inv(m * 0)", "np.linalg.solve(m * 0, v)", "np.linalg.norm(v, 'fro')"),
    *("poses[0] + 1", "poses[1] * 2", "poses[0] * v", "v * poses[0]", "np.array(poses)"),
    *("len(poses[0])", "str(pose)", "poses[0][0]", "Pose(v[:2])", "Pose(q=v)", "Pose('x')"),
    *("poses[0].p[9]", "bool(pose)", "pose == pose", "sorted(poses)", "{pose: 1}", "f'{pose:.2f}'"),
    *("transforms3d.euler.mat2euler(v)", "transforms3d.euler.euler2quat(t, t, t, 'sxxz')"),
    *("tolerance(t, (1, 0))", "tolerance(t, margin=-1)", "tolerance(t, margin=1, sigmoid='x')"),
]


def calls():
    """Yield an entry's name and a call of it, without its arguments."""
    for module, symbols in vocabulary.MODULES.items():
        alias = {"numpy": "np", "scipy.spatial.transform.Rotation": "Rotation"}.get(module)
        for name, symbol in symbols.items():
            if symbol.kind in ("function", "type"):
                yield module, name, f"{alias or module}.{name}", symbol.signature
    for name, symbol in vocabulary.HELPERS.items():
        yield "", name, name, symbol.signature


def arguments(module, name, signature):
    listed = ", ".join(signature.positional)
    if listed in BY_MODULE.get(module, {}) and name not in ("isqrt", "acosh"):
        return BY_MODULE[module][listed]
    if name in GOOD:
        return GOOD[name]
    first = BY_MODULE.get(module, {}).get(signature.positional[0] if signature.positional else "")
    if first:
        return first
    if listed.startswith(("x1, x2", "u, v")):
        return "v, v + 1"
    return "q" if listed.startswith(("quat", "q")) else "t" if listed.startswith("x") else _VECTOR


def statements():
    """Yield, by name, a call that works and calls that fail."""
    for module, name, path, signature in calls():
        good = f"{path}({arguments(module, name, signature)})"
        yield f"{module}.{name}", good, [f"{path}({bad})" for bad in allowed(signature)]
    for owner, methods in METHODS.items():
        for name, good in methods.items():
            bad = [f"{owner}.{name}({b})" for b in allowed(vocabulary.METHODS[name])]
            yield f"{owner}.{name}", f"{owner}.{name}({good})", bad
    for name, good in BUILTINS.items():
        yield name, f"{name}({good})", [f"{name}({', '.join(bad)})" for bad in BAD]


def allowed(signature):
    """Return bad arguments that reading lets through: too many are its business."""
    names = signature.positional
    most = names.index("dtype") if "dtype" in names else signature.n_max
    return [", ".join(bad) for bad in BAD if len(bad) <= most]


def program(entries):
    source = (
        "import scipy.special\nimport transforms3d.euler\nimport transforms3d.quaternions\n\n\n"
    )
    source += f"def compute_dense_reward(self, action):{GIVEN}"
    for _, good, bad in entries:
        source += f"    x = {good}\n    total += len(str(x)) + len(f'{{x!r}}')\n"
        for call in bad:
            source += (
                f"    try:\n        x = {call}\n        total += len(str(x))\n"
                "    except Exception as error:\n        total += len(f'{error}{error!r}')\n"
            )
    return source + "    return total\n"


ENTRIES = list(statements())
CHUNKS = [ENTRIES[i : i + CHUNK] for i in range(0, len(ENTRIES), CHUNK)]


def run(source, schema):
    worker = RewardWorker(source, schema)
    with worker:
        errors = [str(f) for f in worker.findings if f.severity == "error"]
        assert errors == []
        return worker.evaluate(np.full((1, schema.row_size), 0.5)).reward[0]


@pytest.mark.parametrize("entries", CHUNKS, ids=[chunk[0][0] for chunk in CHUNKS])
def test_every_entry_works_and_fails_without_being_killed(schema, entries):
    assert run(program(entries), schema) > 0


def test_mishaps_are_exceptions(schema):
    assert run(program([("", "t", MISHAPS)]), schema) > 0


ALLOWED = vocabulary.ATTRIBUTES | vocabulary.POSE_ATTRIBUTES | vocabulary.METHODS.keys()
FORBIDDEN_TYPES = (
    *(types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.CellType),
    *(io.IOBase, np.memmap, ctypes._SimpleCData, np.random.Generator, np.random.RandomState),
    types.MappingProxyType,
)
FORBIDDEN = (
    *(os, sys, builtins, importlib, open, eval, exec, compile, getattr, setattr, delattr, vars),
    *(globals, locals, dir, id, hash, iter, next, input, super, type, object, memoryview),
    *(np.load, np.save, np.fromfile, np.frombuffer, np.vectorize, np.frompyfunc, np.ctypeslib),
    *(np.copyto, np.put, np.place, np.putmask, np.seterr, np.set_printoptions, os.system),
    *(np.lib.stride_tricks.as_strided, np.dtype, np.object_, np.ufunc, subprocess.Popen),
)


def reachable(value):
    """Return what a program gets from a value by attributes that it may read, or by indexing."""
    if isinstance(value, types.SimpleNamespace):
        return list(vars(value).values())
    inside = [*value] if isinstance(value, (list, tuple, set, frozenset)) else []
    inside += [*value, *value.values()] if isinstance(value, dict) else []
    return inside + [getattr(value, name) for name in ALLOWED if hasattr(value, name)]


def results(names):
    """Return what each entry gives when it is called."""
    given = "".join(f"{line[4:]}\n" for line in GIVEN.splitlines())
    scene = types.SimpleNamespace(time=0.5)
    exec("import numpy\n" + given, names | {"self": scene}, local := {})
    for _, good, _ in ENTRIES:
        if not good.startswith(("scipy", "transforms3d", "typing")):
            with np.errstate(all="ignore"):
                yield eval(good, {**names, **local, "self": scene})


def test_nothing_dangerous_is_within_reach():
    """Walk six steps from every value a program can name or make, through all it may read.

    CI runs this on the newest numpy and scipy; it was also run on numpy 2.0.0 with scipy 1.14.0,
    the oldest that are supported.
    """
    names = namespace(print)
    seen: set[int] = set()
    keep: list[object] = []
    values = [v for k, v in names.items() if k not in ("__builtins__", "__name__")]
    values += [getattr(builtins, name) for name in vocabulary.BUILTINS - {"print"}]
    values += [np.zeros(3), np.float64(1), 1.0, 1, "a", [1], {"a": 1}, (1,), {1}, range(3), True]
    values += [Rotation.identity(), np.finfo(float), ValueError("x"), (i for i in ()), lambda: 0]
    values += [names["ObjectPose"]()]
    values += results(names)
    for _ in range(6):
        fresh = [value for value in values if id(value) not in seen]
        seen |= {id(value) for value in fresh}
        keep += fresh
        assert [v for v in fresh if isinstance(v, FORBIDDEN_TYPES)] == []
        assert [v for v in fresh if any(v is f for f in FORBIDDEN)] == []
        values = [below for value in fresh for below in reachable(value)]
    assert len(keep) > 1000
