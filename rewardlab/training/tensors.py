"""Nested values of tensors, arrays and plain types in files that cannot execute anything.

The arrays lie in an `.npz`; how they nest is a JSON text beside them. No pickle is involved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewardlab.errors import StorageError
from rewardlab.training import arrays
from rewardlab.training.arrays import Array

_TREE = "tree"


def save(path: Path, data: Mapping[str, Any]) -> None:
    """Write nested mappings, lists and tuples of tensors, arrays and plain types.

    Raises:
        TypeError: Something else is among them.
        OSError: Disk full, no permission … as it is.
    """
    found: list[Array] = []
    tree = json.dumps(_pack(data, found)).encode()
    named = {f"a{i}": array for i, array in enumerate(found)}
    arrays.save(path, {_TREE: np.frombuffer(tree, np.uint8), **named})


def check(data: Any) -> None:
    """Raise `TypeError` if `save` could not write a value."""
    _pack(data, [])


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote.

    Raises:
        OSError: The file cannot be read, as it is.
        StorageError: It is damaged, or holds more than numbers and text.
    """
    found = arrays.load(path)
    try:
        data = _unpack(json.loads(found[_TREE].tobytes()), found)
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise StorageError(f"{path} is damaged: what it holds does not fit together") from error
    if not isinstance(data, dict):
        raise StorageError(f"{path} is damaged: it holds a {type(data).__name__}, not a mapping")
    return data


def _pack(data: Any, found: list[Array]) -> Any:
    """Return JSON in which each container and array is a list that begins with its kind."""
    if isinstance(data, torch.Tensor):
        return ["tensor", _keep(data.detach().cpu().numpy(), found)]
    if isinstance(data, np.ndarray):
        return ["array", _keep(data, found)]
    if isinstance(data, np.generic):
        return data.item()
    if isinstance(data, Mapping):
        return ["dict", *([_key(key), _pack(value, found)] for key, value in data.items())]
    if isinstance(data, list | tuple):
        kind = "list" if isinstance(data, list) else "tuple"
        return [kind, *(_pack(value, found) for value in data)]
    if data is None or isinstance(data, bool | int | float | str):
        return data
    raise TypeError(f"a checkpoint holds tensors, arrays and plain values, not {type(data)}")


def _key(key: Any) -> int | str:
    if isinstance(key, int | str):
        return key
    raise TypeError(f"a checkpoint's mappings have text or whole numbers as keys, not {type(key)}")


def _keep(array: Array, found: list[Array]) -> int:
    found.append(array)
    return len(found) - 1


def _unpack(data: Any, found: Mapping[str, Array]) -> Any:
    if not isinstance(data, list):
        return data
    kind, *rest = data
    if kind == "tensor":
        return torch.from_numpy(found[f"a{rest[0]}"])
    if kind == "array":
        return found[f"a{rest[0]}"]
    if kind == "dict":
        return {key: _unpack(value, found) for key, value in rest}
    values = [_unpack(value, found) for value in rest]
    return tuple(values) if kind == "tuple" else values
