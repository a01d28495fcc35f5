"""Why a goal cannot be grounded, in one line that says what would work."""

from __future__ import annotations

from collections.abc import Iterator

from rewardlab.coders.base import Request
from rewardlab.coders.offline.lexicon import Intent, Skill
from rewardlab.errors import closest


def unknown_verb(request: Request, intent: Intent, skills: tuple[Skill, ...], what: str) -> str:
    """Say why no skill fits, what a mistyped word may mean, and which skills are known."""
    others = [s.name for s in (*intent.arm, *intent.body)]
    near = [c for word in intent.words for c in closest(word, _verbs(skills), n=1)]
    if others or intent.things:
        named = " ".join(repr(x) for x in (*others[:1], *intent.things[:1]))
        reason = f"{named} does not fit the scene of {request.task_id}, which has {what}"
    else:
        reason = f"no skill that the offline composer knows is named in {request.goal!r}"
    hint = f"; did you mean {near[0]}?" if near and not others else ""
    return f"{reason}{hint}; here it knows: {list_skills(skills)}. Other goals: --coder openai"


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
