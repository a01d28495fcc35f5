"""A table, light and a camera around a robot and its objects, as MJCF."""

from __future__ import annotations

from rewardlab.envs.tabletop.panda import Mjcf

PHYSICS_DT = 0.002
"""Time step of the physics [s]: 25 of them in a control step."""

OBJECT = 'contype="1" conaffinity="1" condim="4" solref=".004 1" solimp=".95 .99 .001"'
"""Attributes of geoms that robots and other objects touch."""

_LOOK = """
<texture name="sky" type="skybox" builtin="gradient" rgb1=".93 .95 .97" rgb2=".68 .75 .82"
  width="64" height="384"/>
<texture name="wood" type="2d" builtin="checker" rgb1=".80 .74 .66" rgb2=".77 .71 .63"
  width="256" height="256"/>
<material name="table" texture="wood" texrepeat="8 8" texuniform="true" specular=".1"/>
"""

_LIGHTS = """
<light pos="-.4 -.8 1.8" dir=".3 .5 -1" diffuse=".5 .5 .5" specular=".2 .2 .2"/>
<light pos="-.2 .9 1.6" dir=".2 -.5 -1" diffuse=".3 .3 .3" specular="0 0 0"/>
"""


def world(
    robot: Mjcf, *, place: str, body: str, asset: str = "", camera: str, ground: str = "table"
) -> str:
    """Return a model: the ground at height 0, a robot on it, objects, a camera named `view`.

    Args:
        robot: Pieces of the robot.
        place: Where its base stands.
        body: Objects, for `<worldbody>`.
        asset: Of the objects.
        camera: Attributes of the camera.
        ground: Material of the ground.
    """
    return f"""
<mujoco>
  <compiler angle="radian" inertiagrouprange="1 5"/>
  <option timestep="{PHYSICS_DT}" integrator="implicitfast" cone="elliptic" impratio="10"/>
  <visual>
    <headlight ambient=".45 .45 .45" diffuse=".35 .35 .35" specular=".1 .1 .1"/>
    <map znear=".02" zfar="20"/>
  </visual>
  <default><geom group="1"/>{robot.default}</default>
  <asset>{_LOOK}{robot.asset}{asset}</asset>
  <worldbody>
    {_LIGHTS}
    <camera name="view" {camera}/>
    <geom name="ground" type="plane" size="8 8 .1" material="{ground}" {OBJECT}/>
    {body}
    <body name="mount" pos="{place}">{robot.body}</body>
  </worldbody>
  <tendon>{robot.tendon}</tendon>
  <equality>{robot.equality}</equality>
  <actuator>{robot.actuator}</actuator>
</mujoco>"""
