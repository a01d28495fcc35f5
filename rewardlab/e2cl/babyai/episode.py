"""An episode of BabyAI."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

from rewardlab.e2cl.babyai.reasons import NUMBERS, VERBS, reason
from rewardlab.e2cl.babyai.seen import view
from rewardlab.e2cl.world import END, Action, Feedback, Tried, View

_REPAIRS = ("toggle", "pickup", "left", "right", "drop", "forward")


class BabyAIEpisode:
    """One mission; see `rewardlab.e2cl.world.Episode`.

    The bot answers from the agent's own state, as in DAgger: it is told every step that was really
    taken. Where it gives up (a box that it needed is gone) it knows nothing until the end.

    Args:
        name: Its id.
        env: The unwrapped environment, not yet reset.
        seed: Of the mission.
        teach_free: Whether the bot's advice is the first repair of a failed action.
    """

    def __init__(self, name: str, env: Any, seed: int, *, teach_free: bool = False) -> None:
        from minigrid.utils.baby_ai_bot import BabyAIBot

        with redirect_stdout(io.StringIO()):  # minigrid tells every mission that it rejects
            env.reset(seed=seed)
        self._id, self._env, self._teach_free = name, env, teach_free
        self._words = tuple(re.findall(r"[a-z]+", env.mission.lower()))
        self._history: list[Tried] = []
        self._over = self._solved = False
        self._bot: Any = BabyAIBot(env)
        self._advice: Action | None = None
        self._last: int | None = None

    @property
    def id(self) -> str:
        """Its name within the world."""
        return self._id

    @property
    def instruction(self) -> str:
        """The mission."""
        return str(self._env.mission)

    @property
    def over(self) -> bool:
        """Whether the mission is accomplished, or an order of it broken."""
        return self._over

    def view(self) -> View:
        """Return what the agent sees."""
        return view(self._env, self._words, self._history)

    def probe(self, action: Action) -> Feedback:
        """Return what `step` would answer."""
        return reason(self._env, action)

    def step(self, action: Action) -> Feedback:
        """Act; minigrid never hears of an action that does not work."""
        told = self.probe(action)
        self.teacher()
        self._history.append(Tried(action, told.kind))
        self._advice, self._last = None, NUMBERS.get(action.verb)
        if told.ok:
            _, reward, self._over, _, _ = self._env.step(self._last)
            self._solved = self._over and reward > 0
        return told

    def succeeded(self) -> bool:
        """Return whether the mission is accomplished."""
        return self._solved

    def teacher(self) -> Action | None:
        """Return the bot's advice."""
        if self._over:
            return END
        if self._advice is None and self._bot is not None:
            self._advice = self._ask()
        return self._advice

    def repairs(self, action: Action, feedback: Feedback) -> Iterator[Action]:
        """Yield the bot's advice if it teaches here, then all other actions."""
        advice = self.teacher() if self._teach_free else None
        if advice is not None and advice not in (END, action):
            yield advice
        yield from (Action(verb) for verb in _REPAIRS if verb != action.verb)

    def fork(self) -> BabyAIEpisode:
        """Return a copy without a teacher."""
        twin = copy.copy(self)
        twin._env, twin._history = copy.deepcopy(self._env), list(self._history)
        twin._bot = twin._advice = None
        return twin

    def _ask(self) -> Action | None:
        from minigrid.utils.baby_ai_bot import DisappearedBoxError

        try:
            number = int(self._bot.replan(self._last))
        except (DisappearedBoxError, AssertionError):
            self._bot = None
            return None
        return Action(VERBS[number].name) if number < len(VERBS) else END
