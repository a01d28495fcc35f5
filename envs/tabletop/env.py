"""What the tabletop environments share: control steps, seeds and pictures."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import gymnasium as gym
import numpy as np

from rewardlab.envs import simulator
from rewardlab.envs.recording import slices
from rewardlab.envs.scene import Array
from rewardlab.envs.tabletop.scene import DT
from rewardlab.envs.tabletop.world import PHYSICS_DT
from rewardlab.program.schema import Schema

N_SUBSTEPS = round(DT / PHYSICS_DT)


class TabletopEnv(gym.Env[Array, Any]):
    """A MuJoCo model, stepped at 20 Hz with physics at 500 Hz.

    After a step, positions and velocities (`xpos`, `xquat`, `cvel`) are those of the new state;
    contacts and their forces are those of the last physics step. Episodes end by the time limit of
    a wrapper alone; `info["success"]` says whether the task is solved at this moment.

    Args:
        xml: The model, with a camera named `view`.
        schema: Of the task: its observation, and its action with entries in [-1, 1].
        render_mode: `"rgb_array"` for pictures.
        native_reward: Compute the task's own reward; without it rewards are 0.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": round(1 / DT),
    }

    def __init__(
        self, xml: str, schema: Schema, *, render_mode: str | None, native_reward: bool
    ) -> None:
        import mujoco

        self._mujoco = mujoco
        self.model = mujoco.MjModel.from_xml_string(xml)
        self.data = mujoco.MjData(self.model)
        simulator.fast_rendering(self)
        self.render_mode = render_mode
        n_obs = schema.layout["obs"].field.size
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (n_obs,), np.float64)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (schema.action.size,), np.float32)
        self.cloud_seed = 0.0
        self._at = slices(schema)
        self._native_reward = native_reward
        self._renderer: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode; a seed fixes it and those that follow."""
        super().reset(seed=seed)
        self._mujoco.mj_resetData(self.model, self.data)
        self.cloud_seed = float(self.np_random.integers(2**32))
        self._place(self.np_random)
        self._mujoco.mj_forward(self.model, self.data)
        self._hold()
        self._look()
        return self._observe(), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Step for 0.05 s."""
        mj, model, data = self._mujoco, self.model, self.data
        self._act(action)
        mj.mj_step(model, data, nstep=N_SUBSTEPS)
        mj.mj_kinematics(model, data)
        mj.mj_comPos(model, data)
        mj.mj_comVel(model, data)
        self._look()
        solved = self._solved()
        reward = self._reward(solved) if self._native_reward else 0.0
        return self._observe(), reward, False, False, {"success": solved}

    def render(self) -> Any:
        """Return the picture `(480, 480, 3)`."""
        if self.render_mode != "rgb_array":
            return None
        if self._renderer is None:
            # Gymnasium's takes the back end that was chosen, even if mujoco was imported before
            from gymnasium.envs.mujoco.mujoco_rendering import MujocoRenderer

            size = simulator.SIZE
            self._renderer = MujocoRenderer(
                self.model, self.data, width=size, height=size, camera_name="view"
            )
        return self._renderer.render("rgb_array")

    def close(self) -> None:
        """Free the graphics."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def velocity(self, body: int) -> Array:
        """Return angular and linear velocity `(6,)` of a body's frame in the world."""
        out = np.empty(6)
        kind = self._mujoco.mjtObj.mjOBJ_XBODY
        self._mujoco.mj_objectVelocity(self.model, self.data, kind, body, out, 0)
        return out

    @abstractmethod
    def read(self, obs: Array, out: Array) -> None:
        """Write the scene into `out`: the `SceneReader` of this environment."""

    def _read_body(self, body: int, name: str, out: Array) -> None:
        """Write pose and velocities of a body into a scene block."""
        at = self._at
        out[at[f"{name}.pose.p"]] = self.data.xpos[body]
        out[at[f"{name}.pose.q"]] = self.data.xquat[body]
        velocity = self.velocity(body)
        out[at[f"{name}.velocity"]] = velocity[3:]
        out[at[f"{name}.angular_velocity"]] = velocity[:3]

    @abstractmethod
    def _place(self, rng: np.random.Generator) -> None:
        """Set the joint positions with which an episode begins."""

    @abstractmethod
    def _hold(self) -> None:
        """Set the actuators so that the robot stays where it is."""

    @abstractmethod
    def _act(self, action: Any) -> None:
        """Set the actuators for a control step."""

    @abstractmethod
    def _look(self) -> None:
        """Compute once what observation, success, reward and scene need of the new state."""

    @abstractmethod
    def _observe(self) -> Array:
        """Return the observation."""

    @abstractmethod
    def _solved(self) -> bool:
        """Whether the task is solved at this moment."""

    @abstractmethod
    def _reward(self, solved: bool) -> float:
        """Return the task's own dense reward."""
