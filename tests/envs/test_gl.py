import json
import os
import subprocess
import sys

import pytest

from rewardlab.envs import gl

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux chooses otherwise")
OURS = ("MUJOCO_GL", "PYOPENGL_PLATFORM", gl.CHECKED)
SCRIPT = """
import json, os, sys
from rewardlab.envs import gl
assert "mujoco" not in sys.modules
chosen = gl.choose()
assert "mujoco" not in sys.modules
import mujoco
print(json.dumps([*chosen, os.environ.get("MUJOCO_GL")]))
"""


def choose(**env):
    clean = {k: v for k, v in os.environ.items() if k not in OURS}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={**clean, **env}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@linux
def test_a_backend_that_works_is_set_and_one_that_does_not_is_explained():
    backend, works, why, env = choose(DISPLAY="", WAYLAND_DISPLAY="")
    if works:
        assert env == backend
        assert backend in ("egl", "osmesa")
        assert choose(MUJOCO_GL=backend)[0:4:3] == [backend, backend]
    else:
        assert env is None
        assert "apt-get install libosmesa6" in why


@linux
def test_a_child_process_trusts_what_its_parent_saw():
    backend, works, _, _ = choose()
    if not works:
        pytest.skip("nothing draws here")
    why = choose(**{"MUJOCO_GL": backend, gl.CHECKED: backend})[2]
    assert why == "seen to work by the parent process"


@linux
@pytest.mark.parametrize("value", ["disable", "off", "0"])
def test_pictures_switched_off_by_the_user_stay_off(value):
    backend, works, why, env = choose(MUJOCO_GL=value)
    assert (backend, works, env) == ("none", False, value)
    assert "unset" in why


@linux
def test_a_backend_that_does_not_exist_neither_works_nor_breaks_the_import():
    backend, works, why, env = choose(MUJOCO_GL="vulcan")
    assert (backend, works, env) == ("none", False, "disable")
    assert "vulcan" in why
    assert "egl" in why


@linux
def test_a_window_without_a_display_is_refused_with_the_reason():
    _, works, why, env = choose(MUJOCO_GL="glfw", DISPLAY="", WAYLAND_DISPLAY="")
    assert not works
    assert env == "disable"
    assert "display" in why


@linux
def test_a_conflicting_opengl_platform_does_not_break_anything():
    _, works, why, _ = choose(MUJOCO_GL="egl", PYOPENGL_PLATFORM="osmesa")
    assert not works
    assert "egl" in why


def test_require_raises_one_line_with_the_remedy(monkeypatch):
    monkeypatch.setattr(gl, "choose", lambda: gl.Gl("none", False, "no OpenGL; apt-get install it"))
    with pytest.raises(gl.RenderError, match="cannot draw pictures: no OpenGL"):
        gl.require()
