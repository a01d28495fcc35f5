"""Why a goal cannot be grounded, in one line that says what would work."""

from __future__ import annotations

from difflib import get_close_matches

from rewardlab.coders.base import Request
from rewardlab.coders.offline.lexicon import Intent, Skill, unknown


def unknown_verb(
    request: Request, intent: Intent, skills: tuple[Skill, ...], foreign: tuple[str, ...], who: str
) -> str:
    """Say why no skill fits, what a mistyped word may mean, and which skills are known.

    Args:
        request: The request.
        intent: What its goal says.
        skills: Those that would fit.
        foreign: Verbs and things in the goal that such a robot has no use for.
        who: The robot, e.g. `"an arm"`.
    """
    if foreign:
        named = " ".join(repr(word) for word in foreign[:2])
        reason = f"{named} is nothing for {request.task_id}, where {who} acts"
    else:
        reason = f"no skill that the offline composer knows is named in {request.goal!r}"
        names = [skill.name for skill in skills]
        words = [word for word in intent.words if unknown(word, set())]
        near = [name for word in words for name in get_close_matches(word, names, 1, cutoff=0.7)]
        reason += f"; did you mean {near[0]!r}?" if near else ""
    return f"{reason}; here it knows: {list_skills(skills)}. Other goals: --coder openai"


def list_skills(skills: tuple[Skill, ...], without: tuple[str, ...] = ()) -> str:
    """Return the names of skills."""
    return ", ".join(skill.name for skill in skills if skill.name not in without)


def example(request: Request) -> str:
    """Return a goal that would do in this scene."""
    arm = any(path.endswith("goal_position") for path in request.scene.layout)
    return repr("push the puck to the goal" if arm else "run forward at 1 m/s")
