"""A cabinet with one door or one drawer, which a handle opens: its shape, joint and surfaces.

The cabinet stands on the ground around the z axis and faces the robot along -x. Its root link's
frame is its middle; the moving link's frame is the middle of its handle, in the world's
orientation while shut. The handle is one bar, so its convex hull is that box.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

from rewardlab.envs.tabletop.boxes import Box, Vector, geoms

DEPTH, WIDTH, HEIGHT = 0.5, 0.6, 1.3
"""Of the carcass [m]: along x, y and z."""

_BOARD = 0.01
"""Half the thickness of its boards [m]."""

_GAP = 0.05
"""From the front to the middle of the handle's bar [m]: a finger fits behind it."""

_HITS = 'contype="1" conaffinity="0"'
"""It collides with robots, not with itself."""

_SIN45 = sqrt(0.5)


@dataclass(frozen=True)
class Cabinet:
    """A cabinet with one link that opens.

    Attributes:
        name: `"door"` or `"drawer"`.
        joint: `"hinge"` or `"slide"`.
        axis: Of the joint, in the moving link's frame.
        anchor: A point of the joint in the moving link's frame [m].
        limit: The joint's upper limit, the lower one is 0 [rad or m].
        damping: Range from which an episode's damping is drawn [N m s/rad or N s/m].
        friction: The joint's dry friction [N m or N].
        handle: The bar, in the moving link's frame.
        panel: The boxes that move with it, in the moving link's frame.
        fronts: Boxes at the front that do not move, in the root link's frame.
        at: The handle while shut, in the world [m].
        grasp: Two orientations of a hand that fits the handle, wxyz in the moving link's frame.
    """

    name: str
    joint: str
    axis: Vector
    anchor: Vector
    limit: float
    damping: tuple[float, float]
    friction: float
    handle: Box
    panel: tuple[Box, ...]
    fronts: tuple[Box, ...]
    at: Vector
    grasp: tuple[tuple[float, float, float, float], ...]

    @property
    def target_qpos(self) -> float:
        """Nine tenths of the joint's range: from here on it is open [rad or m]."""
        return 0.9 * self.limit

    @property
    def middle(self) -> Vector:
        """Where the root link is [m]."""
        return (0.0, 0.0, HEIGHT / 2)

    @property
    def grasp_poses(self) -> list[list[float]]:
        """Poses of a hand that fits the handle (2, 7), in the moving link's frame."""
        return [[0.0, 0.0, 0.0, *quat] for quat in self.grasp]

    @property
    def surface(self) -> tuple[tuple[Box, ...], ...]:
        """Boxes of each link in its frame: the carcass, then what moves."""
        return (*CARCASS, *self.fronts), (*self.panel, self.handle)

    def mjcf(self) -> str:
        """Return its bodies `cabinet` and `handle`, the joint `handle`; its parts never collide."""
        x, y, z = self.middle
        link = " ".join(f"{a - b:.9g}" for a, b in zip(self.at, self.middle, strict=True))
        return f"""
        <body name="cabinet" pos="{x} {y} {z}">
          {geoms(CARCASS + self.fronts, f'rgba=".62 .48 .34 1" {_HITS}')}
          <body name="handle" pos="{link}">
            <joint name="handle" type="{self.joint}" axis="{_text(self.axis)}"
              pos="{_text(self.anchor)}" range="0 {self.limit}" limited="true"
              frictionloss="{self.friction}" armature="0.01"/>
            {geoms(self.panel, f'rgba=".78 .66 .5 1" density="400" {_HITS}')}
            {self.handle.geom(f'rgba=".2 .2 .22 1" density="2000" friction="1.5" {_HITS}')}
          </body>
        </body>"""


def _text(numbers: Vector) -> str:
    return " ".join(f"{number:.9g}" for number in numbers)


def _carcass() -> tuple[Box, ...]:
    """Return the boards: back, sides, bottom, top."""
    x, y, z = DEPTH / 2, WIDTH / 2, HEIGHT / 2
    return (
        Box((x - _BOARD, 0.0, 0.0), (_BOARD, y, z)),
        Box((0.0, y - _BOARD, 0.0), (x, _BOARD, z)),
        Box((0.0, _BOARD - y, 0.0), (x, _BOARD, z)),
        Box((0.0, 0.0, _BOARD - z), (x, y, _BOARD)),
        Box((0.0, 0.0, z - _BOARD), (x, y, _BOARD)),
    )


CARCASS = _carcass()
"""The boards that do not move, in the root link's frame."""

_HEIGHT_OF_HANDLE = 1.0
_FRONT = -DEPTH / 2 - 2 * _BOARD
"""The front's outer face while shut, along x [m]."""


def _door() -> Cabinet:
    """Return a cabinet whose door turns about its left edge, as the robot sees it."""
    at = (_FRONT - _GAP, -0.2, _HEIGHT_OF_HANDLE)
    hinge_y, panel = 0.28, Box((-DEPTH / 2 - _BOARD, 0.0, HEIGHT / 2), (_BOARD, 0.28, 0.62))
    posts = [Box((_FRONT - 0.02, -0.2, at[2] + z), (0.02, 0.006, 0.006)) for z in (-0.08, 0.08)]
    return Cabinet(
        name="door",
        joint="hinge",
        axis=(0.0, 0.0, -1.0),
        anchor=(-DEPTH / 2 - at[0], hinge_y - at[1], 0.0),
        limit=pi / 2,
        damping=(1.0, 4.0),
        friction=0.1,
        handle=Box((0.0, 0.0, 0.0), (0.01, 0.01, 0.09)),
        panel=_relative([panel, *posts], at),
        fronts=(),
        at=at,
        grasp=((_SIN45, 0.0, _SIN45, 0.0), (0.0, _SIN45, 0.0, _SIN45)),
    )


def _drawer() -> Cabinet:
    """Return a cabinet whose drawer slides towards the robot."""
    at = (_FRONT - _GAP, 0.0, _HEIGHT_OF_HANDLE)
    front = Box((-DEPTH / 2 - _BOARD, 0.0, at[2]), (_BOARD, 0.28, 0.12))
    tray = [
        Box((-0.02, 0.0, at[2] - 0.1), (0.22, 0.26, 0.006)),
        Box((-0.02, 0.26, at[2] - 0.03), (0.22, 0.006, 0.07)),
        Box((-0.02, -0.26, at[2] - 0.03), (0.22, 0.006, 0.07)),
    ]
    posts = [Box((_FRONT - 0.02, y, at[2]), (0.02, 0.006, 0.006)) for y in (-0.08, 0.08)]
    return Cabinet(
        name="drawer",
        joint="slide",
        axis=(-1.0, 0.0, 0.0),
        anchor=(0.0, 0.0, 0.0),
        limit=0.35,
        damping=(5.0, 20.0),
        friction=0.5,
        handle=Box((0.0, 0.0, 0.0), (0.01, 0.09, 0.01)),
        panel=_relative([front, *tray, *posts], at),
        fronts=(
            Box((-DEPTH / 2 - _BOARD, 0.0, -0.22), (_BOARD, 0.28, 0.42)),
            Box((-DEPTH / 2 - _BOARD, 0.0, 0.56), (_BOARD, 0.28, 0.07)),
        ),
        at=at,
        grasp=((0.5, 0.5, 0.5, 0.5), (0.5, -0.5, 0.5, -0.5)),
    )


def _relative(boxes: list[Box], origin: Vector) -> tuple[Box, ...]:
    """Return boxes given in the world in a frame that has its orientation."""
    x, y, z = origin
    return tuple(box.moved((-x, -y, -z)) for box in boxes)


DOOR, DRAWER = _door(), _drawer()
