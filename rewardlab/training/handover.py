"""What a trainer that is locked down is handed, and what it must give back unchanged."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import site
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from rewardlab.errors import SandboxError, StorageError, UsageError
from rewardlab.store.files import storage_error, write_bytes
from rewardlab.training.run import Run

KEPT = ("config.yaml", "program.py", "program.json", "verdict.json")
"""Files of a run that training has no business to change."""

_HANDED_ON = re.compile(
    "PATH|LANG|LANGUAGE|LC_.*|TZ|TERM|COLORTERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|USER|LOGNAME"
    "|LD_LIBRARY_PATH|PYTHONHASHSEED|PYTHONWARNINGS|PYTHONUTF8|REWARDLAB_DEBUG"
    "|(OMP|MKL|OPENBLAS|NUMEXPR|KMP|CUDA|CUBLAS|CUDNN|NVIDIA|TORCH|PYTORCH|HIP|ROCR|HSA)_.*"
)
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL|PROXY|AUTH", re.IGNORECASE)
_SCRATCH = (
    "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR",
    "TORCH_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "CUDA_CACHE_PATH",
)  # fmt: skip


def environment(scratch: str) -> dict[str, str]:
    """Build the child's environment: no key, token or proxy, and all caches in the run folder."""
    env = {
        name: value
        for name, value in os.environ.items()
        if _HANDED_ON.fullmatch(name) and not _SECRET.search(name)
    }
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder and not _opens_home(folder))
    own = {"PYTHONPATH": path} if path else {}
    # No pictures: their libraries are found by executing programs, and are not needed here.
    own |= {"PYTHONUSERBASE": site.getuserbase(), "MUJOCO_GL": "disable"}
    return env | own | dict.fromkeys(_SCRATCH, scratch)


def module_folders(task_id: str) -> tuple[str, ...]:
    """Return where a user's module lies, whose import registers the task's environment.

    Raises:
        UsageError: Their home lies there too.
    """
    module, colon, _ = task_id.removeprefix("gym/").partition(":")
    if not colon or not task_id.startswith("gym/"):
        return ()
    top = module.partition(".")[0]
    try:
        spec = find_spec(top)
    except ValueError:  # a script that is being run
        return ()
    places = list((spec and spec.submodule_search_locations) or ())
    if spec and spec.origin and not places:
        places = [os.path.dirname(spec.origin)]
    for place in places:
        if _opens_home(place):
            raise UsageError(
                f"--lockdown would let the trainer read all of {place}, where {top!r} lies: put "
                "that module into a folder of its own"
            )
    return tuple(os.path.abspath(place) for place in places)


def _opens_home(folder: str) -> bool:
    return Path.home().resolve().is_relative_to(Path(folder).resolve())


@contextlib.contextmanager
def scratch_folder(run: Run) -> Iterator[str]:
    """Make a folder in the run for what libraries leave behind, and remove it afterwards."""
    try:
        folder = tempfile.mkdtemp(prefix=".scratch-", dir=run.path.resolve())
    except OSError as error:
        raise StorageError(f"cannot use {run.path}: {error.strerror}") from error
    try:
        yield folder
    finally:
        with contextlib.suppress(RecursionError):  # whoever nests folders that deep may keep them
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def unchanged(run: Run) -> Iterator[None]:
    """Put back what the child must not change, however it ended.

    What was changed goes first: where it cannot be put back, on a full disk for one, the run has no
    such file rather than a false one.

    Raises:
        SandboxError: There was something to put back.
    """
    before = {name: _content(run.path / name) for name in KEPT}
    try:
        yield
    finally:
        changed = [name for name in KEPT if _differs(run.path / name, before[name])]
        for name in changed:
            _set_aside(run.path / name)
        for name in changed:
            content = before[name]
            if content is not None:
                write_bytes(run.path / name, content)
    if changed:
        raise SandboxError(
            f"the trainer changed {' and '.join(changed)} of run {run.id}, which training never "
            "does: put back; do not trust this run, something in it attacks"
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(path, error) from error


def _differs(path: Path, content: bytes | None) -> bool:
    """Return whether a file has another content, without reading more than that takes."""
    try:
        with path.open("rb") as file:
            return file.read(len(content or b"") + 1) != content
    except FileNotFoundError:
        return content is not None
    except OSError:
        return True


def _set_aside(path: Path) -> None:
    """Let nothing stand there; to move a folder takes one step, however much is in it."""
    if path.is_dir():
        path.rename(path.with_name(f".changed-{secrets.token_hex(4)}"))
    else:
        path.unlink(missing_ok=True)
