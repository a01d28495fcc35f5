"""The Franka Panda as MJCF: once on a table, on a mobile base, or twice.

Kinematics, joint limits and torque limits are Franka's; joint 6 counts as Franka's does, from 0 to
3.75. Masses and meshes come with gymnasium-robotics (extra `rewardlab[robotics]`), whose
`kitchen_franka/franka_assets` descend from Vikash Kumar's model (Apache License 2.0, as their files
say; gymnasium-robotics itself is under the MIT licence). Nothing of it is copied here: meshes are
read from the installed package, and only for pictures. Collisions are capsules and boxes, after the
coarse shapes of Franka's own `franka_description`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from rewardlab.envs.tabletop.boxes import Box
from rewardlab.errors import MissingExtra

N_JOINTS = 7
REST = (0.0, 0.3927, 0.0, -1.9635, 0.0, 2.3562, 0.7854)
"""Joint angles at rest, the hand pointing down [rad]."""

TOOL = 0.1034
"""From the hand's origin to the tool centre, midway between the fingertips [m]."""

FINGER_RANGE = 0.04
"""Travel of each finger [m]: 0 closed."""

FINGER = Box((0.0, 0.0065, 0.027), (0.0105, 0.0065, 0.027))
"""A finger in its own frame. It opens along +y."""

HALF_TURN = (0.0, 0.0, 0.0, 1.0)
"""About z, wxyz: from the left finger's frame to the right one's."""

LIMITS = (
    (-2.8973, 2.8973),
    (-1.7628, 1.7628),
    (-2.8973, 2.8973),
    (-3.0718, -0.0698),
    (-2.8973, 2.8973),
    (-0.0175, 3.7525),
    (-2.8973, 2.8973),
)
"""Joint ranges [rad]."""

# parent-relative place, mass [kg], collision capsules (two ends and radius) of links 1 to 7
_LINKS = (
    ("0 0 .333", "1 0 0 0", 2.706, ("0 0 -.22 0 0 -.05 .06",)),
    ("0 0 0", "1 -1 0 0", 2.730, ("0 0 -.06 0 0 .06 .06",)),
    ("0 -.316 0", "1 1 0 0", 2.041, ("0 0 -.22 0 0 -.07 .06",)),
    ("0.0825 0 0", "1 1 0 0", 2.081, ("0 0 -.06 0 0 .06 .06",)),
    ("-.0825 .384 0", "1 -1 0 0", 3.000, ("0 0 -.26 0 .03 -.19 .06", "0 .08 -.2 0 .08 -.06 .025")),
    ("0 0 0", "1 1 0 0", 1.324, ("0 0 -.07 0 0 .01 .05",)),
    ("0.088 0 0", "1 1 0 0", 0.200, ("0 0 -.06 0 0 .08 .04",)),
)
_GAINS = ((4500, 450, 87),) * 2 + ((3500, 350, 87),) * 2 + ((2000, 200, 12),) * 3


class Mjcf(NamedTuple):
    """Pieces of a model, to be put into the elements of the same names.

    Attributes:
        default: A class for `<default>`.
        asset: For `<asset>`.
        body: For `<worldbody>` or a body in it: the arm, its base at the parent's origin.
        tendon: For `<tendon>`.
        equality: For `<equality>`.
        actuator: For `<actuator>`: seven joints, then the gripper.
    """

    default: str
    asset: str
    body: str
    tendon: str
    equality: str
    actuator: str


def panda(prefix: str = "", *, visual: bool = False) -> Mjcf:
    """Return a Panda with its hand.

    Names begin with `prefix`: bodies `link0` to `link7`, `hand`, `left_finger`, `right_finger`;
    joints and actuators `joint1` to `joint7`; joints `finger_joint1`, `finger_joint2`, actuator
    `gripper`; site `tool` at the tool centre. Joints are driven by position actuators, the weight
    of the arm is compensated; the actuator `gripper` takes the place of a finger, in [-0.01, 0.04]
    m, 0.04 open, and both fingers move alike. The model needs `<compiler angle="radian"/>` and an
    integrator that treats actuators' damping implicitly (`implicitfast`). The arm collides with
    what has contype 1, never with itself or another arm.

    Args:
        prefix: Put before every name, so that a model may have two.
        visual: With meshes for pictures, in group 0; otherwise the collision shapes are all. A
            model that takes inertia from groups 1 to 5 moves alike with and without them.

    Raises:
        MissingExtra: gymnasium-robotics, which brings the meshes, is not installed.
    """
    meshes = _meshes() if visual else None
    return Mjcf(
        default=_default(prefix),
        asset=_assets(prefix, meshes) if meshes else "",
        body=_body(prefix, visual=visual),
        tendon=f"""
<fixed name="{prefix}fingers">
  <joint joint="{prefix}finger_joint1" coef=".5"/>
  <joint joint="{prefix}finger_joint2" coef=".5"/>
</fixed>""",
        equality=f"""
<joint joint1="{prefix}finger_joint1" joint2="{prefix}finger_joint2"
  solimp=".95 .99 .001" solref=".005 1"/>""",
        actuator=_actuators(prefix),
    )


def _meshes() -> Path:
    package = find_spec("gymnasium_robotics")
    if package is None or not package.submodule_search_locations:
        raise MissingExtra("the Panda's meshes", "robotics")
    root = Path(package.submodule_search_locations[0])
    return root / "envs/assets/kitchen_franka/franka_assets/meshes/visual"


def _default(prefix: str) -> str:
    return f"""
<default class="{prefix}panda">
  <joint armature=".1" damping="1"/>
  <geom type="capsule" contype="2" conaffinity="1" condim="3" friction=".8" group="3" mass="0"
    solref=".004 1" solimp=".95 .99 .001"/>
  <default class="{prefix}visual">
    <geom type="mesh" contype="0" conaffinity="0" group="0" material="{prefix}white"/>
  </default>
  <default class="{prefix}finger">
    <joint type="slide" axis="0 1 0" range="0 {FINGER_RANGE}" armature=".1" damping="5"
      solreflimit=".004 1" solimplimit=".98 .995 .001"/>
    <geom type="box" friction="2 .05 .0001" condim="4" mass=".09"
      solref=".004 1" solimp=".95 .99 .001"/>
  </default>
</default>"""


def _assets(prefix: str, meshes: Path) -> str:
    names = [*(f"link{i}" for i in range(8)), "hand", "finger"]
    files = "\n".join(f'<mesh name="{prefix}{n}" file="{meshes / n}.stl"/>' for n in names)
    return f"""{files}
<material name="{prefix}white" rgba=".92 .93 .94 1" specular=".4" shininess=".3"/>
<material name="{prefix}dark" rgba=".22 .23 .25 1" specular=".4" shininess=".3"/>"""


def _picture(prefix: str, mesh: str, visual: bool, more: str = "") -> str:
    if not visual:
        return ""
    return f'<geom class="{prefix}visual" mesh="{prefix}{mesh}" {more}/>'


def _body(prefix: str, *, visual: bool) -> str:
    text = _hand(prefix, visual=visual)
    for i, (place, turn, mass, capsules) in reversed(list(enumerate(_LINKS, 1))):
        low, high = LIMITS[i - 1]
        shapes = "".join(_capsule(c, mass / len(capsules)) for c in capsules)
        text = f"""
<body name="{prefix}link{i}" pos="{place}" quat="{turn}" gravcomp="1">
  <joint name="{prefix}joint{i}" axis="0 0 1" range="{low} {high}"/>
  {shapes}{_picture(prefix, f"link{i}", visual)}
  {text}
</body>"""
    return f"""
<body name="{prefix}link0" childclass="{prefix}panda" gravcomp="1">
  {_capsule("-.07 0 .06 0 0 .06 .06", 2.912)}{_picture(prefix, "link0", visual)}
  {text}
</body>"""


def _capsule(shape: str, mass: float) -> str:
    ends, _, radius = shape.rpartition(" ")
    return f'<geom fromto="{ends}" size="{radius}" mass="{mass:.4f}"/>'


def _hand(prefix: str, *, visual: bool) -> str:
    dark = f'material="{prefix}dark"'
    fingers = "".join(
        f"""
  <body name="{prefix}{side}_finger" pos="0 0 .0584" quat="{turn}" gravcomp="1"
    childclass="{prefix}finger">
    <joint name="{prefix}finger_joint{i}"/>
    {FINGER.geom("")}{_picture(prefix, "finger", visual, dark)}
  </body>"""
        for i, (side, turn) in enumerate((("left", "1 0 0 0"), ("right", "0 0 0 1")), 1)
    )
    return f"""
<body name="{prefix}hand" pos="0 0 .107" quat=".9238795 0 0 -.3826834" gravcomp="1">
  <geom type="box" pos="0 0 .02" size=".03 .1 .045" mass=".819"/>
  {_picture(prefix, "hand", visual)}
  <site name="{prefix}tool" pos="0 0 {TOOL}" size=".005" group="4"/>
  {fingers}
</body>"""


def _actuators(prefix: str) -> str:
    joints = "".join(
        f"""
<position name="{prefix}joint{i}" joint="{prefix}joint{i}" kp="{kp}" kv="{kv}"
  forcerange="-{force} {force}" ctrlrange="{low} {high}"/>"""
        for i, ((kp, kv, force), (low, high)) in enumerate(zip(_GAINS, LIMITS, strict=True), 1)
    )
    return f"""{joints}
<position name="{prefix}gripper" tendon="{prefix}fingers" kp="2000" kv="100"
  forcerange="-60 60" ctrlrange="-.01 {FINGER_RANGE}"/>"""
