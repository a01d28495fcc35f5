"""The one place that picks an OpenGL backend for MuJoCo's pictures.

Call `choose` before mujoco is first imported: mujoco reads `MUJOCO_GL` then, and never again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from rewardlab.errors import RenderError

OFF = ("disable", "disabled", "off", "false", "0")
"""Values of `MUJOCO_GL` that switch pictures off."""

CHECKED = "REWARDLAB_GL"
"""Tells child processes which backend was already seen to work."""

_REMEDY = "on Debian or Ubuntu: apt-get install libosmesa6, or libegl1 libgl1-mesa-dri"
_PROBE = """
import sys, warnings
warnings.simplefilter("ignore")
import mujoco
from mujoco.{backend} import GLContext
context = GLContext(8, 8)
if not context._context:
    sys.exit("no window could be opened: is there a display?")
context.make_current()
mujoco.MjrContext(mujoco.MjModel.from_xml_string("<mujoco/>"), mujoco.mjtFontScale.mjFONTSCALE_100)
print("drawn", flush=True)
import os; os._exit(0)  # drivers may crash while they are torn down
"""


class Gl(NamedTuple):
    """What draws pictures here.

    Attributes:
        backend: `"egl"`, `"osmesa"`, `"glfw"`, `"system"` (macOS, Windows), or `"none"`.
        works: Whether it does.
        why: Why this one; if none works, why not and what to do.
    """

    backend: str
    works: bool
    why: str


@cache
def choose() -> Gl:
    """Pick an OpenGL backend and set `MUJOCO_GL` to it; never raises.

    The user's own `MUJOCO_GL` is kept; else EGL if it works, else OSMesa, else a window (GLFW). A
    child process draws with each candidate, so a broken driver cannot take this process along. A
    value of the user's that does not work becomes `disable`, with which mujoco can still be
    imported. On macOS and Windows nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return Gl("system", True, "the system's own OpenGL")
    asked = os.environ.get("MUJOCO_GL", "").lower().strip()
    return _asked(asked) if asked else _first_working()


def require() -> Gl:
    """Return `choose()`, or raise where no pictures can be drawn.

    Raises:
        RenderError: Nothing draws here; says what to install.
    """
    gl = choose()
    if not gl.works:
        raise RenderError(f"cannot draw pictures: {gl.why}")
    return gl


def _asked(backend: str) -> Gl:
    if backend in OFF:
        return Gl("none", False, f"MUJOCO_GL={backend} switches pictures off; unset it")
    if backend == os.environ.get(CHECKED):
        return Gl(backend, True, "seen to work by the parent process")
    if backend in ("egl", "osmesa", "glfw"):
        problem = _problem(backend)
        if not problem:
            return _use(backend, "set by MUJOCO_GL")
    else:
        problem = "allowed are egl, osmesa, glfw and disable"
    os.environ["MUJOCO_GL"] = "disable"
    return Gl("none", False, f"MUJOCO_GL={backend} does not work: {problem}; unset it")


def _first_working() -> Gl:
    problems: list[str] = []
    for backend in _candidates():
        problem = _problem(backend)
        if not problem:
            return _use(backend, "; ".join(["first that works", *problems]))
        problems.append(f"{backend}: {problem}")
    return Gl("none", False, f"no OpenGL works here ({'; '.join(problems)}); {_REMEDY}")


def _use(backend: str, why: str) -> Gl:
    os.environ["MUJOCO_GL"] = os.environ[CHECKED] = backend
    return Gl(backend, True, why)


def _candidates() -> Iterator[str]:
    yield from ("egl", "osmesa")
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield "glfw"


def _problem(backend: str) -> str:
    """Return why a backend does not draw; `""` if it does."""
    command = [sys.executable, "-P", "-c", _PROBE.format(backend=backend)]
    env = {**os.environ, "MUJOCO_GL": "disable"}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if "drawn" in done.stdout:
        return ""
    lines = done.stderr.strip().splitlines()
    if not lines:
        return f"it ended with code {done.returncode}"
    missing = "NoneType" in lines[-1]  # how PyOpenGL says that it found no library
    return "library not installed" if missing else lines[-1][:160]
