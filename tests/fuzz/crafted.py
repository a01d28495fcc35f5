"""Archives of arrays that were made to hurt whoever reads them."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from random import Random

import numpy as np


class _Payload:
    """Runs a command wherever it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def archive(rng: Random) -> bytes:
    """Return a `.npz` with one hostile member, and one that the reader expects."""
    name, data, compression = rng.choice(_MEMBERS)(rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name are what we want
        file.writestr(rng.choice(["tree.npy", "returns.npy", "obs_mean.npy", name]), _plain())
        file.writestr(name, data)
    return buffer.getvalue()


def _plain() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(4))
    return buffer.getvalue()


def _header(descr: str, shape: str, version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


def _pickled(rng: Random) -> tuple[str, bytes, int]:
    buffer = io.BytesIO()
    np.save(buffer, np.array([_Payload()], object), allow_pickle=True)
    return "tree.npy", buffer.getvalue(), zipfile.ZIP_STORED


def _bomb(rng: Random) -> tuple[str, bytes, int]:
    zeros = bytes(1 << rng.choice([10, 20, 25]))
    return "a0.npy", _header("'|u1'", f"({len(zeros)},)") + zeros, zipfile.ZIP_DEFLATED


def _huge(rng: Random) -> tuple[str, bytes, int]:
    shape = rng.choice(["(1099511627776,)", "(-1,)", "(2**60, 16)", "(0, 1 << 62)", "(1e9,)", "()"])
    descr = rng.choice(["'<f8'", "'<f2'", "'|b1'", "'>i8'"])
    return "a0.npy", _header(descr, shape) + bytes(rng.randrange(64)), zipfile.ZIP_STORED


def _typed(rng: Random) -> tuple[str, bytes, int]:
    kinds = [
        "'|O'",
        "[('a', 'O')]",
        "'<U99999999'",
        "'|V4'",
        "'<M8[ns]'",
        "'<c16'",
        "('<f8', (9,))",
    ]
    kinds += ["__import__('os')", "'" + "x" * 5000 + "'", "[" * 90 + "]" * 90, "1", "None"]
    return "a0.npy", _header(rng.choice(kinds), "(1,)") + bytes(64), zipfile.ZIP_STORED


def _named(rng: Random) -> tuple[str, bytes, int]:
    names = [
        "../out.npy",
        "/tmp/out.npy",
        "a/b.npy",
        "tree.npy",
        " ",
        "a\0.npy",
        "x" * 9000,
        "a.exe",
    ]
    return rng.choice(names), _plain(), zipfile.ZIP_STORED


def _versioned(rng: Random) -> tuple[str, bytes, int]:
    head = b"\x93NUMPY" + rng.choice([b"\x02\x00", b"\x03\x00", b"\xff\xff"])
    return "a0.npy", head + struct.pack("<I", 0xFFFFFFFF) + b"{", zipfile.ZIP_STORED


_MEMBERS: list[Callable[[Random], tuple[str, bytes, int]]] = [
    *(_pickled, _bomb, _huge, _typed, _named, _versioned),
]
