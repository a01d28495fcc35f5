"""A chat model behind an OpenAI-compatible server as an agent of any world."""

from __future__ import annotations

from collections import Counter

import numpy as np

from rewardlab.coders.chat import ChatCoder
from rewardlab.e2cl.text.phrases import read
from rewardlab.e2cl.text.prompts import Asking, kind_of
from rewardlab.e2cl.world import OK, Action, Language, View


class TextAgent:
    """Plans, foresees and corrects by asking a model; see `rewardlab.e2cl.policy.Policy`.

    The first line of an answer counts. One that says no action of this world is tried as an action
    of no verb: it fails, with a reason, as a step of the episode. One that names no kind of answer
    foresees that the action works, as one that never looks ahead would.

    Args:
        chat: Who is asked.
        language: Of the world.
        inventory: See `Asking`.
        seed: Of draws, sent with each request.

    Attributes:
        unread: How many answers said nothing that could be read, by what was asked.
    """

    def __init__(
        self, chat: ChatCoder, language: Language, *, inventory: bool = True, seed: int = 0
    ) -> None:
        self.chat, self.asking, self.seed = chat, Asking(language, inventory=inventory), seed
        self.unread: Counter[str] = Counter()

    def plan(self, view: View, rng: np.random.Generator | None = None) -> Action:
        """Return the next action; with `rng` another draw of the model's."""
        seed = self.seed if rng is None else int(rng.integers(2**31))
        return self._action("plan", self.asking.plan(view), view, seed)

    def correct(self, view: View, failed: Action, error: str) -> Action:
        """Return the action to take instead of one that gets an answer of kind `error`."""
        asked = self.asking.correct(view, failed, error)
        return self._action("correct", asked, view, self.seed)

    def foresee(self, view: View, action: Action) -> str:
        """Return the kind of answer that the model expects."""
        said = self._ask(self.asking.feedback(view, action), self.seed)
        kind = kind_of(said, self.asking.language)
        if kind is None:
            self.unread["feedback"] += 1
        return kind or OK

    def _action(self, kind: str, asked: str, view: View, seed: int) -> Action:
        said = self._ask(asked, seed).strip()
        line = said.splitlines()[0] if said else ""
        action = read(line, view, self.asking.language)
        if action is None:
            self.unread[kind] += 1
            return Action(line[:80] or "(nothing)")
        return action

    def _ask(self, asked: str, seed: int) -> str:
        return self.chat.ask([{"role": "user", "content": asked}], seed=seed).text
