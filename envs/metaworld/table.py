"""The 50 MetaWorld V3 tasks as data: goal sentence, what its objects are, what it scores."""

from __future__ import annotations

from typing import Literal, NamedTuple

Order = Literal["wxyz", "xyzw", None]
"""How an environment writes an object's quaternion; `None` where it gives no orientation."""


class Near(NamedTuple):
    """`obj1` is near the goal: `|obj1.position + offset - goal_position|` in some coordinates.

    Attributes:
        within: Largest distance that counts as solved [m].
        axes: The coordinates that count.
        apart: How far obj1 and goal are apart in others, or inevitably, e.g. `"0.095 m in y"`.
        offset: Added to the object's position [m].
    """

    within: float
    axes: Literal["xyz", "xy", "x", "y", "z"] = "xyz"
    apart: str = ""
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Row(NamedTuple):
    """One task.

    Attributes:
        name: The environment's name without its version.
        goal: What is to be done, in one sentence.
        obj1: What `self.obj1` is.
        scored: When the environment counts the task as solved: a distance, or words.
        order: Order of `obj1`'s quaternion in the observation.
        tip: What a writer of rewards would not guess.
        obj2: What `self.obj2` is, if there is a second object.
        order2: Order of its quaternion.
        begins: What it is in when an episode begins, if that is as far from the goal as it can be.
    """

    name: str
    goal: str
    obj1: str
    scored: Near | str
    order: Order = "xyzw"
    tip: str = ""
    obj2: str = ""
    order2: Order = None
    begins: str = ""


PUBLISHED = (
    Row(
        "window-open",
        "Push and open a sliding window by its handle.",
        "handle of the window",
        Near(0.05, "x", apart="0.095 m in y"),
        None,
        begins="the window shut",
    ),
    Row(
        "window-close",
        "Push and close a sliding window by its handle.",
        "handle of the window",
        Near(0.05, "x", apart="0.095 m in y"),
        None,
        begins="the window open",
    ),
    Row(
        "door-close",
        "Close a door with a revolving joint by pushing door's handle.",
        "handle of the door",
        Near(0.08),
    ),
    Row(
        "drawer-open",
        "Open a drawer by its handle.",
        "handle of the drawer",
        Near(0.03),
        "wxyz",
        begins="the drawer shut",
    ),
    Row(
        "drawer-close",
        "Close a drawer by its handle.",
        "handle of the drawer",
        Near(0.065, apart="0.05 m in z"),
        None,
        begins="the drawer open",
    ),
    Row(
        "door-unlock",
        "Unlock the door by rotating the lock counter-clockwise.",
        "lever of the lock; its orientation is the door's",
        Near(0.02, "x", apart="up to 0.09 m in z"),
        "wxyz",
        begins="the door locked",
    ),
    Row(
        "sweep-into",
        "Sweep a puck from the initial position into a hole.",
        "puck",
        Near(0.05, "xy", apart="0.05 m in z"),
    ),
    Row(
        "button-press",
        "Press a button in y coordination.",
        "button, at the middle of its front",
        Near(0.02, "y"),
        "wxyz",
        begins="the button out",
    ),
    Row(
        "handle-press",
        "Press a handle down.",
        "handle",
        Near(0.02, "z"),
        None,
        begins="the handle up",
    ),
    Row(
        "handle-press-side",
        "Press a handle down sideways.",
        "handle",
        Near(0.02, "z"),
        None,
        begins="the handle up",
    ),
)

OURS = (
    Row(
        "handle-pull",
        "Pull a handle up.",
        "handle",
        Near(0.05, "z", apart="0.05 m in x"),
        None,
        begins="the handle down",
    ),
    Row(
        "assembly",
        "Pick up a wrench and put its ring over a peg.",
        "grip of the wrench",
        "the ring's middle is within 0.02 m of the peg's axis (x, y) and below the peg's top",
        "wxyz",
        "goal_position is the top of the peg; the ring stands off the grip, see obj1.quaternion.",
    ),
    Row(
        "basketball",
        "Pick up a basketball and dunk it through the hoop.",
        "basketball",
        "the ball is at the hoop: (dx^2 + dy^2 + (2 * (obj1.position[2] - 0.3))^2)^0.5 <= 0.08 m "
        "with dx, dy measured to goal_position",
        "wxyz",
        "The scored height is z = 0.3 m, slightly above the hoop, not that of goal_position.",
    ),
    Row(
        "bin-picking",
        "Pick up a cube from one bin and place it in the other bin.",
        "cube",
        Near(0.05),
        "wxyz",
        "The wall between the bins must be passed from above.",
    ),
    Row(
        "box-close",
        "Grasp the lid and close the box with it.",
        "lid of the box",
        Near(0.08),
        "wxyz",
    ),
    Row(
        "button-press-topdown",
        "Press a button from the top down.",
        "button, at the middle of its top",
        Near(0.024, "z"),
        "wxyz",
        begins="the button out",
    ),
    Row(
        "button-press-topdown-wall",
        "Reach over a wall and press a button from the top down.",
        "button, at the middle of its top",
        Near(0.024, "z"),
        "wxyz",
        begins="the button out",
    ),
    Row(
        "button-press-wall",
        "Reach around a wall and press a button in y direction.",
        "button, at the middle of its front",
        Near(0.03, "y"),
        "wxyz",
        begins="the button out",
    ),
    Row(
        "coffee-button",
        "Press the button of a coffee machine.",
        "button of the coffee machine",
        Near(0.02, "y"),
        None,
        begins="the button out",
    ),
    Row("coffee-pull", "Pull a mug away from a coffee machine to the goal.", "mug", Near(0.07)),
    Row("coffee-push", "Push a mug under a coffee machine.", "mug", Near(0.07)),
    Row(
        "dial-turn",
        "Turn a dial by half a turn.",
        "knob on the rim of the dial; its orientation is the base's",
        Near(0.07, apart="0.03 m in z"),
        "wxyz",
        begins="the dial turned the other way",
    ),
    Row(
        "disassemble",
        "Pick up a wrench and lift its ring off a peg.",
        "grip of the wrench",
        "obj1.position[2] > goal_position[2]: the wrench is lifted off the peg",
        "wxyz",
        "Only the height counts.",
    ),
    Row(
        "door-lock",
        "Lock the door by rotating the lock clockwise.",
        "lever of the lock; its orientation is the door's",
        Near(0.02, "z", apart="up to 0.09 m in x"),
        "wxyz",
        begins="the door unlocked",
    ),
    Row(
        "door-open",
        "Open a door with a revolving joint by its handle.",
        "handle of the door",
        Near(0.08, "x", apart="a varying distance in y"),
        begins="the door shut",
    ),
    Row(
        "hand-insert",
        "Pick up a cube and insert it with the hand into a hole.",
        "cube",
        Near(0.05),
        "wxyz",
    ),
    Row(
        "faucet-open",
        "Open a faucet by turning its handle counter-clockwise.",
        "handle of the faucet; its orientation is the base's",
        Near(0.07, offset=(-0.04, 0.0, 0.03)),
        "wxyz",
    ),
    Row(
        "faucet-close",
        "Close a faucet by turning its handle clockwise.",
        "handle of the faucet; its orientation is the base's",
        Near(0.07),
        "wxyz",
    ),
    Row(
        "hammer",
        "Pick up a hammer and drive a nail into a block with it.",
        "hammer",
        "the nail is driven in by more than 0.09 m",
        "wxyz",
        "goal_position is where the nail's head ends; the nail is obj2.",
        "nail",
        "wxyz",
    ),
    Row(
        "handle-pull-side",
        "Pull a handle up sideways.",
        "handle",
        Near(0.08, apart="0.046 m in x"),
        None,
        begins="the handle down",
    ),
    Row(
        "lever-pull",
        "Pull a lever up until it stands upright.",
        "tip of the lever",
        "the lever is within 7.5 degrees of upright",
        "xyzw",
        "goal_position is where the lever's tip is when the lever stands upright.",
    ),
    Row(
        "peg-insert-side",
        "Pick up a peg and insert it sideways into a hole.",
        "peg, at the place to grasp it",
        "the peg's head is in the hole: (dx^2 + (2 * dy)^2 + (2 * dz)^2)^0.5 <= 0.07 m between "
        "head and goal_position",
        "xyzw",
        "The head of the peg is scored, which is ahead of obj1.position along -x.",
    ),
    Row(
        "peg-unplug-side",
        "Unplug a peg sideways from a hole.",
        "free end of the peg",
        Near(0.07),
        "wxyz",
    ),
    Row(
        "pick-out-of-hole",
        "Pick up a puck out of a hole and bring it to the goal.",
        "puck",
        Near(0.07),
        "wxyz",
    ),
    Row("pick-place", "Pick up a puck and place it at the goal.", "puck", Near(0.07)),
    Row(
        "pick-place-wall",
        "Pick up a puck, carry it over a wall and place it at the goal.",
        "puck",
        Near(0.07),
    ),
    Row("plate-slide", "Slide a plate forward into a net.", "plate", Near(0.07)),
    Row("plate-slide-side", "Slide a plate sideways into a net.", "plate", Near(0.07)),
    Row("plate-slide-back", "Slide a plate back out of a net.", "plate", Near(0.07)),
    Row("plate-slide-back-side", "Slide a plate sideways out of a net.", "plate", Near(0.07)),
    Row("push", "Push a puck to the goal.", "puck", Near(0.05)),
    Row("push-back", "Pull a puck back towards the robot to the goal.", "puck", Near(0.07)),
    Row("push-wall", "Push a puck around a wall to the goal.", "puck", Near(0.07)),
    Row(
        "reach",
        "Move the hand to the goal.",
        "puck, of no use here",
        "the midpoint between the fingertips is within 0.05 m of goal_position",
        "xyzw",
        "The hand is scored, not obj1.",
    ),
    Row(
        "reach-wall",
        "Move the hand around a wall to the goal.",
        "puck, of no use here",
        "the midpoint between the fingertips is within 0.05 m of goal_position",
        "xyzw",
        "The hand is scored, not obj1.",
    ),
    Row("shelf-place", "Pick up a cube and place it on a shelf.", "cube", Near(0.07)),
    Row("soccer", "Push a ball into the goal.", "ball", Near(0.07, apart="0.03 m in z")),
    Row(
        "stick-push",
        "Grasp a stick and push a thermos to the goal with it.",
        "stick",
        "the thermos is within 0.12 m of goal_position while the gripper holds the stick, lifted "
        "by more than 0.01 m",
        "xyzw",
        "goal_position is meant for obj2, the thermos.",
        "thermos, at its handle",
    ),
    Row(
        "stick-pull",
        "Grasp a stick, put it through a thermos's handle and pull the thermos to the goal.",
        "stick",
        "the thermos's handle is within 0.12 m of goal_position with the stick through it",
        "xyzw",
        "goal_position is meant for obj2, the thermos.",
        "handle of the thermos",
    ),
    Row("sweep", "Sweep a cube off the table.", "cube", Near(0.05), "wxyz"),
)

PUBLISHED_NAMES = frozenset(row.name for row in PUBLISHED)
"""The tasks with Text2Reward's sentences; the others' sentences are our own."""

ROWS = {row.name: row for row in (*PUBLISHED, *OURS)}
