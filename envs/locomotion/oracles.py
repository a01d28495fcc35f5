"""Dense rewards for behaviours whose environment pays for something else: our own, kept simple.

Each is a function of the recorded row alone, at most 5 per step, and says what it pays in
one sentence. They are no part of any published work.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import gymnasium as gym
import numpy as np

from rewardlab.envs.locomotion.flips import Flip
from rewardlab.envs.locomotion.lying import Lying
from rewardlab.envs.locomotion.predicates import index
from rewardlab.envs.locomotion.waving import LEGS, Waving
from rewardlab.envs.scene import Array
from rewardlab.program.schema import Schema

Reward: TypeAlias = Callable[[Array], float]
"""From a recorded row to a reward."""


@dataclass(frozen=True)
class Oracle:
    """A dense reward for a behaviour.

    Attributes:
        text: What it pays for.
        make: From the behaviour's rule and scene to the reward.
    """

    text: str
    make: Callable[[Any, Schema], Reward]


def _flip(rule: Flip, schema: Schema) -> Reward:
    pitch, z = index(schema, "hopper.top_joint.angle"), index(schema, "hopper.top.position_z")
    rate, contact = pitch + 1, index(schema, "hopper.in_contact")
    up = index(schema, "hopper.torso.up_vector") + 2

    def reward(row: Array) -> float:
        spin = min(max(rule.sign * row[rate] / SPIN, -1.0), 1.0)
        flight = (1.0 - row[contact]) * (1.0 - row[up]) / 2.0 * max(spin, 0.0)
        height = min(max((row[z] - CROUCH) / LEAP, 0.0), 1.0)
        # turning to and fro must not pay: what is paid for turning on is taken for turning back
        return float(1.5 * spin + 3.0 * flight + 0.5 * height)

    return reward


SPIN = 8.0
"""Pitch rate of full pay in a flip [rad/s]."""
CROUCH, LEAP = 1.0, 0.6
"""Height at which pay for it begins, and over which it grows [m]."""


def _lie(rule: Lying, schema: Schema) -> Reward:
    up, z = index(schema, "ant.torso.up_vector") + 2, index(schema, "ant.torso.position_z")
    velocity = index(schema, "ant.torso.velocity_x")

    def reward(row: Array) -> float:
        speed = math.hypot(*row[velocity : velocity + 3].tolist())
        above = max(row[z] - rule.max_height + 0.02, 0.0)
        return float(max(row[up], 0.0) * (math.exp(-5.0 * above) + math.exp(-5.0 * speed)))

    return reward


def _wave(rule: Waving, schema: Schema) -> Reward:
    foot = index(schema, f"ant.{rule.leg}_foot.in_contact")
    others = [index(schema, f"ant.{leg}_foot.in_contact") for leg in LEGS if leg != rule.leg]
    swing = index(schema, f"ant.{rule.leg}_leg_joint.angular_velocity")
    up = index(schema, "ant.torso.up_vector") + 2
    x, before, first = index(schema, "ant.torso.position_x"), schema.size, schema.size * 2

    def reward(row: Array) -> float:
        drift = float(np.hypot(*(row[x : x + 2] - row[first + x : first + x + 2])))
        air = 1.0 - row[foot]
        stands = row[others].mean() * max(row[up], 0.0)
        # trembling is no wave: a swing counts where it goes on from one step to the next
        on = row[swing] * row[before + swing] > 0.0
        rate = min(abs(row[swing]), abs(row[before + swing])) if on else 0.0
        waves = air * stands * min(rate / 3.0, 1.0)
        return float(0.5 * stands + air * stands + 2.0 * waves + 0.5 * math.exp(-2.0 * drift))

    return reward


FLIP = Oracle(
    "pitch rate in the direction of the flip, more of it upside down in the air, and height", _flip
)
LIE = Oracle("belly down, times closeness to the height of lying plus stillness", _lie)
WAVE = Oracle("the other feet down, the leg's foot up, its hip swinging while so, no drift", _wave)


class Paid(gym.Wrapper[Any, Any, Any, Any]):
    """Pay a reward of ours instead of the environment's own.

    Args:
        env: An environment that records its scene.
        reward: From a recorded row.
    """

    def __init__(self, env: gym.Env[Any, Any], reward: Reward) -> None:
        super().__init__(env)
        self._reward = reward

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step and pay."""
        obs, _, terminated, truncated, info = self.env.step(action)
        return obs, self._reward(info["scene"]), terminated, truncated, info
