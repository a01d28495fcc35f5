"""The table of allowed names: it matches the libraries, and nothing dangerous is within reach."""

import importlib
import inspect
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from rewardlab.program import vocabulary
from rewardlab.program.reading import read
from rewardlab.program.signature import parse_calls, words

FUNCTIONS = [
    (module, name, symbol)
    for module, symbols in vocabulary.MODULES.items()
    for name, symbol in symbols.items()
    if symbol.kind == "function" and not module.startswith("transforms3d")
]


def real(module):
    if module in vocabulary.CLASSES:
        return Rotation
    return importlib.import_module(module)


@pytest.mark.parametrize("module", [m for m in vocabulary.MODULES if "3d" not in m])
def test_every_listed_name_exists(module):
    missing = [name for name in vocabulary.MODULES[module] if not hasattr(real(module), name)]
    assert missing == []


@pytest.mark.parametrize(
    ("module", "name", "symbol"), FUNCTIONS, ids=[f"{m}.{n}" for m, n, _ in FUNCTIONS]
)
def test_no_position_reaches_a_written_argument(module, name, symbol):
    function = getattr(real(module), name)
    if isinstance(function, np.ufunc):
        assert len(symbol.signature.positional) == function.nin
        return
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        return
    writes = ("out", "overwrite_input", "overwrite_a", "copy")
    by_position = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    reached = by_position[: len(symbol.signature.positional)]
    assert not set(reached) & set(writes)
    assert "out" not in symbol.signature.keywords


def test_positions_of_dtype_are_where_numpy_has_them():
    for module, name, symbol in FUNCTIONS:
        function = getattr(real(module), name)
        listed = symbol.signature.positional
        if isinstance(function, np.ufunc) or "dtype" not in listed:
            continue
        try:
            names = list(inspect.signature(function).parameters)
        except ValueError:
            continue
        if "dtype" in names:
            assert names.index("dtype") == listed.index("dtype"), (module, name)


def test_array_methods_are_known_to_arrays():
    assert all(hasattr(np.ndarray, name) for name in vocabulary.ARRAY_METHODS)
    assert vocabulary.METHODS.keys() >= vocabulary.ARRAY_METHODS | vocabulary.MUTATORS


def test_every_symbol_can_be_reached_by_a_program(schema):
    body = "def compute_dense_reward(self, action):\n    return 1.0 if isinstance(1, {}) else 0.0"
    for module, symbols in vocabulary.MODULES.items():
        owner = module.rpartition(".")[0] if module in vocabulary.CLASSES else module
        for name, symbol in symbols.items():
            if symbol.kind == "class" or module in vocabulary.CLASSES:
                continue
            source = f"from {owner} import {name} as n\n\n" + body.format("n")
            assert read(source, schema).ok, (module, name)
    for name in (*vocabulary.BUILTINS, *vocabulary.HELPERS):
        source = body.format(name) if name[0].isupper() else f"{body.format('int')}\n\n\nX = {name}"
        assert read(source, schema).ok, name


def test_builtins_do_not_include_what_reaches_objects():
    dangerous = (
        "type object getattr setattr delattr hasattr iter next vars dir id hash open input super "
        "eval exec compile globals locals memoryview bytearray classmethod property"
    )
    assert not vocabulary.BUILTINS & words(dangerous)


def test_the_hash_does_not_depend_on_the_process():
    code = "from rewardlab.program.vocabulary import vocabulary_hash; print(vocabulary_hash())"
    command = [sys.executable, "-c", code]
    found = {
        subprocess.check_output(command, env={**os.environ, "PYTHONHASHSEED": seed}, text=True)
        for seed in ("1", "2")
    }
    assert found == {vocabulary.vocabulary_hash() + "\n"}


def test_the_hash_tells_vocabularies_apart(monkeypatch):
    before = vocabulary.vocabulary_hash()
    monkeypatch.setitem(vocabulary.METHODS, "copy", parse_calls("copy(order)")["copy"])
    assert vocabulary.vocabulary_hash() != before


def test_members_name_submodules_too():
    assert {"distance", "transform"} <= set(vocabulary.members("scipy.spatial"))
    assert vocabulary.members("scipy") == ("spatial", "special")


def test_signatures_are_read_as_written():
    calls = parse_calls("f(a, b; c) g(*) h(; k) u(*, **)")
    assert (calls["f"].positional, calls["f"].keywords) == (("a", "b"), {"a", "b", "c"})
    assert (calls["f"].n_max, calls["g"].n_max, calls["h"].n_max) == (2, float("inf"), 0)
    assert calls["h"].keywords == {"k"}
    assert (calls["u"].variadic, calls["u"].any_keyword) == (True, True)
