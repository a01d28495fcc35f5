"""A swivel chair: a star of five arms on castors, a seat that turns on it, a back.

Its root link is the star; the frame of the star is on the ground below its middle, z up. The seat
faces +x of its own frame, which is the star's but for the swivel. Castors are balls that slide
with little friction: it rolls every way and, pushed high and hard, falls over.
"""

from __future__ import annotations

from math import cos, pi, sin

from rewardlab.envs.tabletop.boxes import Box, geoms

RADIUS, WHEEL = 0.28, 0.03
"""Of the ring on which the castors stand, and of a castor [m]."""

SEAT_HEIGHT = 0.42
"""Of the seat's middle above the ground [m]."""

_ANGLES = [2 * pi * i / 5 for i in range(5)]

STAR = (
    *(
        Box(
            (RADIUS / 2 * cos(a), RADIUS / 2 * sin(a), 0.075),
            (RADIUS / 2, 0.02, 0.015),
            (cos(a / 2), 0.0, 0.0, sin(a / 2)),
        )
        for a in _ANGLES
    ),
    Box((0.0, 0.0, 0.22), (0.025, 0.025, 0.13)),
)
"""Arms and column of the root link."""

SEAT = (Box((0.0, 0.0, 0.0), (0.2, 0.2, 0.03)),)
"""The seat, in the frame of the seat."""

BACK = (
    Box((-0.19, 0.0, 0.1), (0.015, 0.03, 0.1)),
    Box((-0.19, 0.0, 0.32), (0.02, 0.18, 0.16)),
)
"""The back, in the frame of the seat, with which it turns."""


SURFACE = (STAR, SEAT, BACK)
"""Boxes of each link in its frame; the castors are left out."""

LINKS = ("chair", "seat", "back")
"""Their bodies."""

_HITS = 'contype="1" conaffinity="0"'
"""It collides with robots and the ground, not with itself."""


def mjcf() -> str:
    """Return its bodies `chair` (a free joint of that name), `seat` (a joint `swivel`), `back`."""
    wheels = "\n".join(
        f'<geom type="sphere" size="{WHEEL}" pos="{RADIUS * cos(a):.9g} {RADIUS * sin(a):.9g} '
        f'{WHEEL}" mass="0.3" {_HITS} priority="1" condim="3" friction="0.05" rgba=".1 .1 .1 1"/>'
        for a in _ANGLES
    )
    return f"""
    <body name="chair">
      <freejoint name="chair"/>
      {geoms(STAR, f'{_HITS} rgba=".3 .3 .33 1" mass="0.6"')}
      {wheels}
      <body name="seat" pos="0 0 {SEAT_HEIGHT}">
        <joint name="swivel" type="hinge" axis="0 0 1" frictionloss="0.1" armature="0.01"/>
        {geoms(SEAT, f'{_HITS} rgba=".2 .35 .55 1" mass="3"')}
        <body name="back">
          {geoms(BACK, f'{_HITS} rgba=".2 .35 .55 1" mass="1"')}
        </body>
      </body>
    </body>"""
