"""Named arrays of numbers in `.npz` files that a stranger may have written.

Nothing is unpickled and nothing can grow: members are stored, not compressed, so that together
they are never larger than the file, and each must be exactly as long as its own header says.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from rewardlab.errors import StorageError

Array: TypeAlias = npt.NDArray[Any]

_MEMBER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\.npy")
_KINDS = "biuf"
_ENCRYPTED = 0x1


def save(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name.

    Raises:
        TypeError: One holds more than numbers.
        OSError: Disk full, no permission … as it is.
    """
    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"{name} holds {array.dtype}, not numbers")
    with path.open("wb") as file:
        np.savez(file, **plain)


def load(path: Path) -> dict[str, Array]:
    """Read what `save` wrote, and nothing else.

    Raises:
        OSError: The file cannot be read, as it is.
        StorageError: It is damaged, or holds more than numbers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(members, path.stat().st_size)
            return {member.filename[:-4]: _read(archive, member) for member in members}
    except OSError:
        raise
    except Exception as error:  # a crafted archive makes zipfile and numpy raise anything
        why = str(error).partition("\n")[0] or type(error).__name__
        raise StorageError(
            f"{path} is damaged or holds more than numbers ({why[:200]}); "
            "rewardlab never unpickles models"
        ) from error


def _check(members: list[zipfile.ZipInfo], size: int) -> None:
    for member in members:
        if not _MEMBER.fullmatch(member.filename):
            raise ValueError(f"unexpected member {member.filename[:80]!r}")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & _ENCRYPTED:
            raise ValueError(f"{member.filename} is compressed or encrypted")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two members have one name")
    if sum(member.file_size for member in members) > size:
        raise ValueError("its members are larger than the file")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError(f"{member.filename} has an unknown version")
        shape, fortran, dtype = npy.read_array_header_1_0(file)
        if dtype.kind not in _KINDS:
            raise ValueError(f"{member.filename} holds {dtype}, not numbers")
        data = file.read()
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{member.filename} is not as long as its shape {shape} says")
    flat = np.frombuffer(bytearray(data), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")
