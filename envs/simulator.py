"""MuJoCo behind one door: its graphics are chosen before it is imported, its pictures are cheap."""

from __future__ import annotations

from typing import Any

from rewardlab.envs.gl import choose

SIZE = 480
"""Width and height of pictures [pixels]."""


def prepare() -> None:
    """Choose the graphics back end; to be called before anything imports mujoco."""
    choose()


def fast_rendering(env: Any) -> None:
    """Make pictures of a MuJoCo environment cheap: no shadows, reflections or multisampling."""
    visual = env.model.vis
    visual.global_.offwidth = visual.global_.offheight = SIZE
    visual.quality.offsamples = 0
    visual.quality.shadowsize = 0
    env.model.mat_reflectance[:] = 0.0
    env.model.light_castshadow[:] = False
