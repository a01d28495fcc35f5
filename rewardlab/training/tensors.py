"""Nested values of tensors, arrays and plain types in files that cannot execute anything."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewardlab.errors import StorageError


def save(path: Path, data: Mapping[str, Any]) -> None:
    """Write nested dictionaries of tensors, arrays and plain types.

    Raises:
        OSError: Disk full, no permission … as it is: torch would wrap it in words of its own.
    """
    buffer = io.BytesIO()
    torch.save(_pack(data), buffer)
    path.write_bytes(buffer.getbuffer())


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote; a file that would execute anything is refused.

    Raises:
        StorageError: Not a file of tensors and plain types.
    """
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # what is no file of torch's makes it raise anything
        raise StorageError(
            f"{path} is damaged or holds more than tensors; rewardlab never unpickles models"
        ) from error
    unpacked: dict[str, Any] = _unpack(data)
    return unpacked


def _pack(data: Any) -> Any:
    """Replace arrays by marked tensors: `weights_only` admits no others."""
    if isinstance(data, np.ndarray):
        return {"__array__": torch.from_numpy(np.ascontiguousarray(data))}
    if isinstance(data, np.generic):
        return data.item()
    if isinstance(data, Mapping):
        return {key: _pack(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return type(data)(_pack(value) for value in data)
    return data


def _unpack(data: Any) -> Any:
    if isinstance(data, dict):
        if data.keys() == {"__array__"}:
            return data["__array__"].numpy()
        return {key: _unpack(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return type(data)(_unpack(value) for value in data)
    return data
