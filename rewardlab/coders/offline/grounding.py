"""From a sentence and a scene to a plan, or to the reason why there is none."""

from __future__ import annotations

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.grounding_arm import ground_arm
from rewardlab.coders.offline.grounding_body import find_body, ground_body
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.refusal import example
from rewardlab.errors import GoalNotUnderstood


def ground(request: Request) -> Plan:
    """Plan a program for a goal.

    Raises:
        GoalNotUnderstood: The sentence names no skill that is known, or one that this scene has
            no body for, or a thing that is not in the scene, or the opposite of the task.
    """
    intent = lexicon.understand(request.goal)
    if not intent.words:
        raise GoalNotUnderstood(f"the goal is empty; say what to do, e.g. {example(request)}")
    if "robot.ee_position" in request.scene.layout:
        return ground_arm(request, intent)
    body = find_body(request.scene)
    if body:
        return ground_body(request, intent, body)
    raise GoalNotUnderstood(
        "the offline composer needs an arm (robot.ee_position with obj1.position or goal_position) "
        "or a body with velocity_x in the scene; this one has neither. Write the program yourself "
        "or use --coder openai"
    )
