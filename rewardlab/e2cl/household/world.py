"""People's household programs as a world."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from rewardlab.e2cl.household import package, split
from rewardlab.e2cl.household.reasons import KINDS
from rewardlab.e2cl.household.verbs import VERBS
from rewardlab.e2cl.world import Language, Split
from rewardlab.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from rewardlab.e2cl.household.episode import HouseholdEpisode
    from rewardlab.e2cl.household.grounding import Grounding


@dataclass(frozen=True)
class Household:
    """VirtualHome's tasks in one flat; see `rewardlab.e2cl.world.World`.

    Attributes:
        grounding: Whether an episode begins with the things that the person's program meant
            (easier), or words mean what is close, else the first of its kind.
        n_train: Programs to learn from, the first of the split; 0 for all 413.
        n_test: Programs to measure with, the first of the split; 0 for all 100.
        max_steps: After so many steps a rollout stops.

    Raises:
        UsageError: The VirtualHome package is missing, or a number is out of range.
    """

    grounding: Grounding = "program"
    n_train: int = 0
    n_test: int = 0
    max_steps: int = split.MAX_STEPS

    def __post_init__(self) -> None:
        package.root()
        from rewardlab.e2cl.household.grounding import GROUNDINGS

        if self.grounding not in GROUNDINGS:
            raise UnknownName("grounding", self.grounding, GROUNDINGS)
        for kind, asked in (("train", self.n_train), ("test", self.n_test)):
            most = len(split.episodes(kind))
            if not 0 <= asked <= most:
                raise UsageError(
                    f"household has {most} programs to {kind} with: give a number from 1 to {most},"
                    f" or 0 for all, not {asked}"
                )

    @property
    def name(self) -> str:
        """Its name."""
        return "household"

    @property
    def language(self) -> Language:
        """The language of its episodes; things of other classes share the last class."""
        from rewardlab.e2cl.household.grounding import classes
        from rewardlab.e2cl.household.seen import N_CONTEXT, N_FEATURES

        return Language(VERBS, KINDS, (*classes(), "other"), N_FEATURES, N_CONTEXT)

    def config(self) -> dict[str, Any]:
        """Return what says which tasks these are."""
        return {
            "world": self.name,
            "options": asdict(self),
            "package": f"virtualhome-eval {version('virtualhome-eval')}",
        }

    def episodes(self, split_name: Split) -> tuple[str, ...]:
        """Return the ids of a split's programs."""
        found = split.episodes(split_name)
        asked = self.n_train if split_name == "train" else self.n_test
        return found[: asked or None]

    def start(self, episode: str) -> HouseholdEpisode:
        """Start a person's task."""
        from rewardlab.e2cl.household.episode import HouseholdEpisode

        return HouseholdEpisode(episode, grounding=self.grounding)
