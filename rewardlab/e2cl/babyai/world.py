"""BabyAI as a world of missions on one level."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from rewardlab.e2cl.babyai.episode import BabyAIEpisode
from rewardlab.e2cl.babyai.reasons import KINDS, VERBS
from rewardlab.e2cl.babyai.seen import CLASSES, N_CONTEXT, N_FEATURES
from rewardlab.e2cl.world import Language, Split
from rewardlab.errors import MissingExtra, UnknownName, UsageError

_FIRST_TEST = 1_000_000
"""Missions of the test split have seeds from here on."""
_UNTAUGHT = ("Carrying", "KeyInBox")
"""Levels which the bot cannot solve, by a part of their names."""


@dataclass(frozen=True)
class BabyAI:
    """Missions of one level; see `rewardlab.e2cl.world.World`.

    Attributes:
        level: Its name without prefix and version.
        n_train: Missions to learn from; their ids are their seeds.
        n_test: Missions to measure with.
        max_steps: After so many steps a rollout stops.
        teach_free: Whether the bot's advice is the first repair of a failed action.
    """

    level: str = "PutNextLocal"
    n_train: int = 400
    n_test: int = 100
    max_steps: int = 40
    teach_free: bool = False

    def __post_init__(self) -> None:
        _release(self.level)
        if not 1 <= self.n_train <= _FIRST_TEST:
            raise UsageError(
                f"babyai can learn from 1 to {_FIRST_TEST:,} missions, not {self.n_train}"
            )
        if self.n_test < 1:
            raise UsageError(f"babyai needs at least 1 mission to measure with, not {self.n_test}")

    @property
    def name(self) -> str:
        """Its name."""
        return "babyai"

    @property
    def language(self) -> Language:
        """The language of its episodes."""
        return Language(VERBS, KINDS, CLASSES, N_FEATURES, N_CONTEXT)

    def config(self) -> dict[str, Any]:
        """Return what says which missions these are."""
        return {
            "world": self.name,
            "options": asdict(self),
            "package": f"minigrid {version('minigrid')}",
        }

    def episodes(self, split: Split) -> tuple[str, ...]:
        """Return the seeds of its missions."""
        first, n = (0, self.n_train) if split == "train" else (_FIRST_TEST, self.n_test)
        return tuple(str(first + i) for i in range(n))

    def start(self, episode: str) -> BabyAIEpisode:
        """Start the mission of a seed."""
        import gymnasium

        full = f"BabyAI-{self.level}-{_release(self.level)}"
        env = gymnasium.make(full, disable_env_checker=True).unwrapped
        return BabyAIEpisode(episode, env, int(episode), teach_free=self.teach_free)


def levels() -> dict[str, str]:
    """Return the release of each level that the bot can solve.

    Raises:
        MissingExtra: minigrid is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pygame's own, of pkg_resources
            import minigrid  # noqa: F401
    except ImportError:
        raise MissingExtra("BabyAI's levels", "embodied") from None
    from gymnasium.envs.registration import registry

    parts = (name.split("-") for name in registry if name.startswith("BabyAI-"))
    return {
        level: release
        for _, level, release in parts
        if not any(name in level for name in _UNTAUGHT)
    }


def _release(level: str) -> str:
    known = levels()
    if level not in known:
        raise UnknownName("level of babyai", level, known)
    return known[level]
