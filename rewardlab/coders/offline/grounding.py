"""From a sentence and a scene to a plan, or to the reason why there is none."""

from __future__ import annotations

from rewardlab.coders.base import Request
from rewardlab.coders.offline import lexicon
from rewardlab.coders.offline.arm_scene import find_arm
from rewardlab.coders.offline.grounding_arm import ground_arm
from rewardlab.coders.offline.grounding_body import find_body, ground_body
from rewardlab.coders.offline.heeding import heed
from rewardlab.coders.offline.plan import Plan
from rewardlab.coders.offline.refusal import example
from rewardlab.coders.offline.sentence import listen
from rewardlab.errors import GoalNotUnderstood


def ground(request: Request) -> Plan:
    """Plan a program for a goal.

    Raises:
        GoalNotUnderstood: The sentence is none that asks for something, or names no skill that is
            known, or one that this scene has no body for, or a thing that is not in the scene.
    """
    sentence = listen(request.goal)
    if sentence.question or sentence.forbids:
        raise GoalNotUnderstood(
            f"{request.goal!r} {'is a question' if sentence.question else 'only forbids'}: say "
            f"what to do, e.g. {example(request)}"
        )
    intent = lexicon.understand(sentence.text)
    if not intent.words:
        raise GoalNotUnderstood(
            "the goal has no English words, and the offline composer reads no others; say what to "
            f"do, e.g. {example(request)}"
        )
    if arm := find_arm(request.scene):
        return heed(ground_arm(request, intent, arm), request, intent, sentence)
    if body := find_body(request.scene):
        return heed(ground_body(request, intent, body), request, intent, sentence)
    raise GoalNotUnderstood(
        "the offline composer needs an arm (a hand's position and a goal's) or a walking body (a "
        "torso's velocity) in the scene; this one has neither. Write the program yourself or use "
        "--coder openai"
    )
