"""A chat model as the corrector of teacher-free exploration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rewardlab.coders.chat import ChatCoder
from rewardlab.e2cl.text.agent import TextAgent
from rewardlab.e2cl.world import Action, Episode, Feedback, Language


@dataclass(frozen=True)
class TextCorrector:
    """Asks a chat model what to do instead of an action that failed.

    What it proposes passes the same filter as the world's repairs; an answer that says no action of
    the world proposes nothing. Each process that gets a copy asks on its own.

    Attributes:
        model: Its name.
        language: Of the world.
    """

    model: str
    language: Language

    def __call__(self, episode: Episode, action: Action, feedback: Feedback) -> Action | None:
        """Return what the model proposes."""
        proposed = _agent(self.model, self.language).correct(episode.view(), action, feedback.kind)
        known = {verb.name for verb in self.language.verbs}
        return proposed if proposed.verb in known else None


@cache
def _agent(model: str, language: Language) -> TextAgent:
    return TextAgent(ChatCoder(model, temperature=0.0), language)
