"""The kitchen's seven subtasks as data.

Indices and goals are those of the installed environment. Its documentation differs from its code in
three places; here the code counts: the hinge cabinet's door that is to be opened is the right one,
the microwave's goal is -0.75 rad, and an action of 1 asks for 2 rad/s.
"""

from __future__ import annotations

from typing import NamedTuple

from rewardlab.envs.kitchen.scene import fixture_schema, kettle_schema
from rewardlab.program.schema import Schema


class Row(NamedTuple):
    """One subtask.

    Attributes:
        name: How the environment calls it.
        goal: What is to be done, in one sentence.
        member: The part of the scene that is to be moved.
        place: The site at its handle.
        joints: First and last entry of its positions in the state.
        target: Positions that are asked for.
        moved: Which of its joints the handle moves.
        schema: What programs see.
        tip: What a writer of rewards would not guess.
    """

    name: str
    goal: str
    member: str
    place: str
    joints: tuple[int, int]
    target: tuple[float, ...]
    moved: int
    schema: Schema
    tip: str = ""

    @property
    def success(self) -> str:
        """When it counts as solved."""
        if self.member == "kettle":
            return (
                "norm of the 7 differences of kettle.pose.p to goal_position and of kettle.pose.q "
                "to goal_quaternion less than 0.3"
            )
        return f"norm of {self.member}.qpos - {self.member}.target_qpos less than 0.3"


def _fixture(
    name: str,
    goal: str,
    member: str,
    doc: str,
    place: str,
    joints: tuple[int, int],
    target: tuple[float, ...],
    units: tuple[str, ...],
    tip: str = "",
    moved: int = 0,
) -> Row:
    schema = fixture_schema(member, doc, units, moved, target)
    return Row(name, goal, member, place, joints, target, moved, schema, tip)


_KNOB = (
    "The knob begins at 0 and turns to -1.57 rad; the burner's plate, qpos[1], follows it by less "
    "than a centimetre."
)
TASKS: dict[str, Row] = {
    "bottom-burner": _fixture(
        "bottom burner",
        "Turn on the bottom burner by turning its knob.",
        "knob",
        "the knob of the bottom left burner, and the burner",
        "knob2_site",
        (11, 12),
        (-0.88, -0.01),
        ("rad", "m"),
        _KNOB,
    ),
    "top-burner": _fixture(
        "top burner",
        "Turn on the top burner by turning its knob.",
        "knob",
        "the knob of the top left burner, and the burner",
        "knob4_site",
        (15, 16),
        (-0.92, -0.01),
        ("rad", "m"),
        _KNOB,
    ),
    "light-switch": _fixture(
        "light switch",
        "Turn on the light by moving its switch.",
        "light_switch",
        "the switch, and the light",
        "light_site",
        (17, 18),
        (-0.69, -0.05),
        ("rad", "m"),
        "The switch begins at 0 and moves to -0.7 rad; the light, qpos[1], follows it.",
    ),
    "slide-cabinet": _fixture(
        "slide cabinet",
        "Open the sliding door of the cabinet by its handle.",
        "cabinet",
        "the cabinet with the sliding door",
        "slide_site",
        (19, 19),
        (0.37,),
        ("m",),
        "The door slides along +x from 0 to 0.44 m.",
    ),
    "hinge-cabinet": _fixture(
        "hinge cabinet",
        "Open the right door of the hinged cabinet by its handle.",
        "cabinet",
        "the cabinet with two hinged doors",
        "hinge_site2",
        (20, 21),
        (0.0, 1.45),
        ("rad", "rad"),
        "qpos holds the left door, which is to stay shut, then the right one, from 0 to 1.57 rad; "
        "handle is that of the right one.",
        moved=1,
    ),
    "microwave": _fixture(
        "microwave",
        "Open the microwave by the handle of its door.",
        "microwave",
        "the microwave",
        "microhandle_site",
        (22, 22),
        (-0.75,),
        ("rad",),
        "The door begins at 0 and opens to -2.09 rad, towards the robot.",
    ),
    "kettle": Row(
        "kettle",
        "Move the kettle to the top left burner.",
        "kettle",
        "kettle_site",
        (23, 29),
        (-0.23, 0.75, 1.62, 0.99, 0.0, 0.0, -0.06),
        0,
        kettle_schema(),
        "The kettle begins 0.4 m nearer to the robot, on the bottom left burner; its handle is "
        "0.26 m above kettle.pose.p.",
    ),
}
TIPS = (
    "A control step covers about half of the 0.16 rad that an action entry of 1 asks for; where "
    "nothing is asked for, the arm sinks under its weight by about 0.1 rad/s.",
    "Each episode begins alike; the observation is noisy, the scene is not.",
)
