"""Why a goal cannot be grounded, in one line that says what would work."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.base import Request
from rewardlab.coders.offline.lexicon import Intent, Skill, unknown
from rewardlab.errors import closest


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
        words = [word for word in intent.words if unknown(word, set())]
        near = [verb for word in words for verb in closest(word, _verbs(skills), n=1)]
        reason += f"; did you mean {near[0]!r}?" if near else ""
    return f"{reason}; here it knows: {list_skills(skills)}. Other goals: --coder openai"


def _verbs(skills: tuple[Skill, ...]) -> Iterator[str]:
    for skill in skills:
        yield from skill.words


def list_skills(skills: tuple[Skill, ...], without: tuple[str, ...] = ()) -> str:
    """Return the names of skills."""
    return ", ".join(skill.name for skill in skills if skill.name not in without)


def example(request: Request) -> str:
    """Return a goal that would do in this scene."""
    arm = any(path.endswith("goal_position") for path in request.scene.layout)
    return repr("push the puck to the goal" if arm else "run forward at 1 m/s")
