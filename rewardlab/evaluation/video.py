"""A short clip that shows a person what a policy does."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rewardlab.envs.seeding import child_seed
from rewardlab.errors import RenderError
from rewardlab.evaluation.caption import Picture, caption
from rewardlab.evaluation.rollouts import Predicts, put, restart
from rewardlab.store.files import storage_error

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task

FPS = 30
SHORTEST_S, LONGEST_S = 4.0, 8.0
"""An episode is slowed down to the first and cut off at the second [s of the clip]."""
SLOWEST = 0.5
"""Speed below which nothing is slowed down, relative to the simulation's own."""
AFTER_S = 1.2
"""How long an episode is still shown once it is solved or over [s of the clip]."""


class Moment(NamedTuple):
    """One frame of an episode.

    Attributes:
        picture: `(height, width, 3)`.
        time: Since the episode's start [s of the simulation].
        success: Solved at this step or before; `None` before any signal was seen.
        over: The episode has ended.
    """

    picture: Picture
    time: float
    success: bool | None
    over: bool = False


def check_drawing(task: Task) -> None:
    """Refuse early where pictures of a task cannot be drawn.

    Raises:
        RenderError: No OpenGL for a MuJoCo task; says what to install.
    """
    from rewardlab.envs import gl

    if task.suite != "gym":  # an environment of the user's may draw without OpenGL
        gl.require()


def record(
    policy: Predicts,
    task: Task,
    path: Path,
    *,
    seed: int,
    goal: str = "",
    episodes: int = 4,
    on_episode: Callable[[int], None] | None = None,
) -> Path:
    """Write an H.264 clip of the first episodes that `rollout` runs with the same seed.

    Args:
        policy: What acts.
        task: Where.
        path: The file, `.mp4`.
        seed: Fixes the episodes.
        goal: Written above the picture; by default the task's own sentence.
        episodes: How many, one after the other.
        on_episode: Told how many are filmed.

    Raises:
        RenderError: Nothing can draw here.
    """
    from rewardlab.training.venv import make_venv

    check_drawing(task)
    venv = make_venv(task, n_envs=1, seed=seed, render_mode="rgb_array")
    dt = task.scene.dt or 1 / FPS
    speed = min(1.0, max(SLOWEST, task.horizon * dt / SHORTEST_S))
    seeds = [child_seed(seed, i) for i in range(episodes)]
    try:
        clip = _clip(policy, venv, seeds, dt, speed, goal or task.goal or task.id, on_episode)
        write_clip(path, clip)
    finally:
        venv.close()
    return path


def write_clip(path: Path, pictures: Iterator[Picture]) -> None:
    """Encode pictures of equal size as H.264 in yuv420p, which every browser plays.

    Raises:
        StorageError: The disk is full.
        RenderError: The encoder failed; says why.
    """
    first = next(pictures)
    part = path.with_name(f".{path.stem}.part.mp4")
    try:
        problem = _encode(part, first.shape[1], first.shape[0], chain([first], pictures))
        if problem:
            if os.strerror(errno.ENOSPC) in problem:
                raise storage_error(path, OSError(errno.ENOSPC, problem))
            raise RenderError(f"cannot encode {path}: {problem.splitlines()[0]}")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, width: int, height: int, pictures: Iterable[Picture]) -> str:
    """Return what ffmpeg complains about; `""` if it wrote the whole file."""
    from imageio_ffmpeg import get_ffmpeg_exe

    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FPS)]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "27", "-preset", "veryfast"]
    command = [get_ffmpeg_exe(), "-v", "error", "-y", *raw, "-i", "-", *coded]
    command += ["-threads", "2", "-movflags", "+faststart", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, env=_environment()) as ffmpeg:
        assert ffmpeg.stdin is not None
        assert ffmpeg.stderr is not None
        with suppress(BrokenPipeError):  # it ended early, and says why
            for picture in pictures:
                ffmpeg.stdin.write(np.ascontiguousarray(picture).data)
        with suppress(BrokenPipeError):
            ffmpeg.stdin.close()
        said = ffmpeg.stderr.read().decode(errors="replace").strip()
        code = ffmpeg.wait()
    return (said or f"ffmpeg ended with code {code}") if code else ""


def _environment() -> dict[str, str]:
    """Return the environment of ffmpeg, which needs no key of ours."""
    needed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
    return {name: os.environ[name] for name in needed if name in os.environ}


def poster(path: Path) -> bytes:
    """Return a frame near the end of a video as JPEG; `b""` if it cannot be read."""
    from imageio_ffmpeg import get_ffmpeg_exe

    # a stranger's file may be anything: no playlist, and nothing but this very file, is opened
    only = ["-protocol_whitelist", "file", "-f", "mov", "-sseof", "-0.2", "-i", f"file:{path}"]
    take = [*only, "-frames:v", "1", "-q:v", "5", "-f", "mjpeg", "pipe:1"]
    try:
        command = [get_ffmpeg_exe(), "-v", "error", *take]
        return subprocess.run(command, capture_output=True, env=_environment()).stdout
    except (OSError, RuntimeError):
        return b""


def _clip(
    policy: Predicts,
    venv: Any,
    seeds: list[int],
    dt: float,
    speed: float,
    goal: str,
    on_episode: Callable[[int], None] | None,
) -> Iterator[Picture]:
    slow = f" · {speed:.1f}× speed" if speed < 0.95 else ""
    for i, seed in enumerate(seeds, 1):
        for moment in _episode(policy, venv, seed, dt, speed):
            label = f"episode {i} of {len(seeds)} · {moment.time:.1f} s{slow}"
            yield caption(moment.picture, goal, label, moment.success, over=moment.over)
        if on_episode is not None:
            on_episode(i)


def _episode(
    policy: Predicts, venv: Any, seed: int, dt: float, speed: float
) -> Generator[Moment, None, None]:
    """Yield an episode's frames at equal times; the last one is held if it ended."""
    obs = venv.reset()
    put(obs, 0, restart(venv, 0, seed))
    success, done, steps, frames, end = None, False, 0, 0, LONGEST_S
    while not done and frames / FPS <= end:
        while steps * dt >= frames * speed / FPS and frames / FPS <= end:
            moment = Moment(_picture(venv), steps * dt, success)
            yield moment
            frames += 1
        obs, _, dones, infos = venv.step(policy.predict(obs))
        done, steps = bool(dones[0]), steps + 1
        if "success" in infos[0]:
            if infos[0]["success"] and not success:
                end = min(end, frames / FPS + AFTER_S)
            success = bool(success or infos[0]["success"])
    if done:
        for _ in range(round(AFTER_S * FPS)):
            yield moment._replace(success=success, over=True)


def _picture(venv: Any) -> Picture:
    from rewardlab.envs import gl

    try:
        picture = venv.env_method("render")[0]
    except Exception as error:  # whatever a driver or an environment of the user's throws
        why = "" if gl.choose().works else f"; {gl.choose().why}"
        raise RenderError(f"the environment cannot draw itself: {error}{why}") from error
    if not isinstance(picture, np.ndarray):
        raise RenderError("the environment draws no pictures (no render_mode 'rgb_array')")
    return picture.astype(np.uint8, copy=False)
