"""What the process that workers are forked from inherits: next to nothing."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def environment(hash_seed: str) -> dict[str, str]:
    """Build an environment: nothing of ours gets in, so nothing can get out."""
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    env = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": hash_seed, **dict.fromkeys(threads, "1")}
    if "LD_LIBRARY_PATH" in os.environ and _needs_library_path():
        env["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return env


def _needs_library_path() -> bool:
    """Whether the interpreter does not start without it."""
    trial = subprocess.run(
        [sys.executable, "-S", "-c", ""], env={}, capture_output=True, check=False
    )
    return trial.returncode != 0


def package_folders() -> list[str]:
    """Return where our packages lie, for interpreters that do not find them by themselves."""
    folders = [str(Path(__file__).resolve().parents[2])]
    for package in ("numpy", "scipy"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            folders.append(str(Path(spec.origin).parents[1]))
    return list(dict.fromkeys(folders))


def command(call: str) -> list[str]:
    """Return how to execute a Python statement in a clean interpreter that finds our packages."""
    ours, *more = package_folders()
    code = (
        "import sys",
        f"sys.path[:0] = [] if {ours!r} in sys.path else [{ours!r}]",
        f"sys.path += [p for p in {more!r} if p not in sys.path]",
        call,
    )
    return [sys.executable, "-s", "-P", "-B", "-c", "; ".join(code)]
