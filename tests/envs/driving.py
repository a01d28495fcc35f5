"""Robots that drive, played step by step."""

import math

import numpy as np
from scripted import scripted

from rewardlab.envs.tabletop.cabinet import DOOR, DRAWER
from rewardlab.envs.tasks import task
from rewardlab.sandbox.facade import facade

DOORS = ["open-cabinet-door", "open-cabinet-drawer"]
NAMES = [*DOORS, "push-chair"]
CABINETS = dict(zip(DOORS, (DOOR, DRAWER), strict=True))


class Played:
    """An episode of a task: its environment, its simulator, and what a program sees now."""

    def __init__(self, name, *, seed=0, **options):
        self.task = task(f"tabletop/{name}", **options)
        self.env = self.task.make_env(seed=seed)
        self.sim = self.env.unwrapped
        self.live = facade(self.task.scene)
        self.reset()

    def reset(self, seed=None):
        self.obs, self.info = self.env.reset(seed=seed)
        self._see()

    def step(self, action):
        self.obs, self.reward, _, self.truncated, self.info = self.env.step(action)
        self._see()

    def _see(self):
        self.live.buffer[:] = self.info["scene"]
        self.scene = self.live.scene

    def drive(self, steps, **entries):
        """Hold an action of some entries, the gripper open, e.g. `drive(10, a0=1)`."""
        action = np.zeros(self.env.action_space.shape)
        action[10::7] = 1.0
        for name, value in entries.items():
            action[int(name[1:])] = value
        for _ in range(steps):
            self.step(action)

    def random(self, steps, seed=0):
        rng = np.random.default_rng(seed)
        for _ in range(steps):
            self.step(rng.uniform(-1, 1, self.env.action_space.shape))

    def solve(self, name, steps=200):
        act, rewards = scripted(f"tabletop/{name}", self.env), []
        for _ in range(steps):
            self.step(act())
            rewards.append(self.reward)
            if self.info["success"]:
                break
        return rewards

    @property
    def chair_xy(self):
        return self.scene.chair.pose.p[:2]

    @property
    def thing(self):
        """What moves: the handle or the chair."""
        return self.scene.cabinet.handle if hasattr(self.scene, "cabinet") else self.scene.chair


def tilt(chair):
    return math.acos(min(1.0, chair.pose.to_transformation_matrix()[2, 2]))


def in_base(played, vector):
    c, s = math.cos(played.sim.robot.yaw), math.sin(played.sim.robot.yaw)
    return c * vector[0] + s * vector[1], c * vector[1] - s * vector[0]
