"""The locomotion tasks as data: a robot, a sentence, and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewardlab.envs.locomotion.flips import Flip
from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.oracles import FLIP, LIE, WAVE, Oracle
from rewardlab.envs.locomotion.predicates import HeldSpeed, Rule
from rewardlab.envs.locomotion.robots import ANT, HALF_CHEETAH, HOPPER, WALKER, Robot
from rewardlab.envs.locomotion.waving import Waving


@dataclass(frozen=True)
class Behaviour:
    """A task: what a robot should do.

    Attributes:
        name: Task name.
        sentence: The goal; `{leg}` stands for the leg that the rule names.
        robot: Who.
        rule: When it is done; its text says so in words.
        oracle: A dense reward of our own; `None` if the environment's own is for this behaviour.
        horizon: Steps per episode.
        ends: Whether a fall ends the episode.
        published: Whether the sentence is Text2Reward's.
    """

    name: str
    sentence: str
    robot: Robot
    rule: Rule
    oracle: Oracle | None = None
    horizon: int = 1000
    ends: bool = True
    published: bool = False

    def goal(self, rule: Rule) -> str:
        """Return the goal in a sentence, for the thresholds of `rule`."""
        return self.sentence.format(leg=getattr(rule, "leg", "").replace("_", " "))

    @property
    def options(self) -> Mapping[str, Any]:
        """What is passed to the environment."""
        return {**self.robot.options, **({} if self.ends else {"terminate_when_unhealthy": False})}

    @property
    def oracle_text(self) -> str:
        """What the oracle reward is."""
        if self.oracle is None:
            return f"the reward of {self.robot.env_id}"
        return f"our own, none was published: {self.oracle.text}"

    @property
    def tips(self) -> tuple[str, ...]:
        """Facts that a writer of rewards should know."""
        ends = self.robot.ends if self.ends else "The episode never ends early, not by a fall."
        return (*self.robot.tips, ends)


BEHAVIOURS = (
    Behaviour(
        "hopper-forward",
        "Hop forward quickly without falling.",
        HOPPER,
        HeldSpeed("hopper", "top", speed=0.5, seconds=5.0, min_height=0.7),
    ),
    Behaviour(
        "hopper-front-flip",
        "Control the Hopper to do a front flip.",
        HOPPER,
        Flip(+1),
        FLIP,
        horizon=250,
        ends=False,
    ),
    Behaviour(
        "hopper-back-flip",
        "Control the Hopper to do a back flip.",
        HOPPER,
        Flip(-1),
        FLIP,
        horizon=250,
        ends=False,
    ),
    Behaviour(
        "ant-forward",
        "Control the Ant to move forward.",
        ANT,
        HeldSpeed("ant", speed=0.5, seconds=10.0, min_up=0.3),
    ),
    Behaviour(
        "ant-lie-down",
        "Control the Ant to lie down.",
        ANT,
        Lying(),
        LIE,
        horizon=200,
        ends=False,
        published=True,
    ),
    Behaviour(
        "ant-wave-leg",
        "Control the Ant to stand on three legs and wave its {leg} leg.",
        ANT,
        Waving(),
        WAVE,
        horizon=200,
        ends=False,
    ),
    Behaviour(
        "half-cheetah-forward",
        "Control the HalfCheetah to run forward.",
        HALF_CHEETAH,
        HeldSpeed("cheetah", "top", speed=1.0, seconds=5.0, min_up=0.3),
    ),
    Behaviour(
        "walker2d-forward",
        "Control the Walker2d to walk forward without falling.",
        WALKER,
        HeldSpeed("walker", "top", speed=0.5, seconds=5.0, min_height=0.8),
    ),
)
