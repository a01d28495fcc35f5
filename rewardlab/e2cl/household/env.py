"""Household tasks as a Gymnasium environment of words: `gymnasium.make("rewardlab/Household-v0")`.

Importing this module registers it.
"""

from __future__ import annotations

import string
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import register, registry

from rewardlab.e2cl.household.episode import HouseholdEpisode
from rewardlab.e2cl.household.grounding import GROUNDINGS, Grounding
from rewardlab.e2cl.household.package import program, root
from rewardlab.e2cl.household.split import episodes
from rewardlab.e2cl.household.verbs import ARITY
from rewardlab.e2cl.world import END, Action, Feedback, Split
from rewardlab.errors import UnknownName, UsageError

ID = "rewardlab/Household-v0"
_TEXT = gym.spaces.Text(4096, min_length=0, charset=string.printable)


class HouseholdEnv(gym.Env[str, str]):
    """One of people's household tasks in each episode.

    An action is a line such as `"GRAB mouse"`, `"PUTIN plate#2 dishwasher"` or `"END"`; objects are
    named as in `info["objects"]`, `#2` being the second of its kind. An observation is what is near
    in words. An action that cannot be done changes nothing, and `info["reason"]` says why. The
    reward is 1 where `END` is said while the goal holds, else 0; `END` terminates.

    Args:
        split: Whose programs `reset` draws from.
        grounding: See `Grounding`.
    """

    def __init__(self, split: Split = "train", grounding: Grounding = "program") -> None:
        root()
        if grounding not in GROUNDINGS:
            raise UnknownName("grounding", grounding, GROUNDINGS)
        self.observation_space = self.action_space = _TEXT
        self._split, self._grounding = split, grounding

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin the program that `options["program"]` names, or one that is drawn.

        Raises:
            UnknownName: There is no such program.
        """
        super().reset(seed=seed)
        ids = episodes(self._split)
        asked = (options or {}).get("program")
        name = ids[self.np_random.integers(len(ids))] if asked is None else program(str(asked)).id
        self._episode = HouseholdEpisode(name, grounding=self._grounding)
        return self._episode.observation, self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Act."""
        meant = self._read(action)
        told = None
        if meant != END:
            told = meant if isinstance(meant, Feedback) else self._episode.step(meant)
        done = meant == END
        info = self._info(told)
        return self._episode.observation, float(done and info["success"]), done, False, info

    def _read(self, line: str) -> Action | Feedback:
        """Return the action that a line means, or why it means none."""
        if not isinstance(line, str):
            raise UsageError(f"an action is a line such as 'GRAB mouse' or 'END', got {line!r}")
        verb, *names = line.split() or [""]
        if verb == END.verb:
            return END
        if verb not in ARITY:
            return Feedback("verb", f"{verb or 'an empty line'} is no verb of this world")
        view = self._episode.view()
        ids = dict(zip(view.names, view.ids, strict=True))
        for name in names:
            if name not in ids:
                return Feedback("absent", f"{name} isn't available")
        return Action(verb, tuple(ids[name] for name in names))

    def _info(self, told: Feedback | None = None) -> dict[str, Any]:
        view = self._episode.view()
        return {
            "program": self._episode.id,
            "instruction": self._episode.instruction,
            "objects": view.names,
            "feasible": told is None or told.ok,
            "kind": told.kind if told else "True",
            "reason": told.text if told else "",
            "success": self._episode.succeeded(),
        }


if ID not in registry:
    register(ID, entry_point="rewardlab.e2cl.household.env:HouseholdEnv", max_episode_steps=50)
