"""A pool of environments as Stable-Baselines3 sees them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from rewardlab.envs.batch import Pool
from rewardlab.errors import UsageError


class PoolVecEnv(VecEnv):
    """What `LeanVecEnv` over `Monitor` is for Python environments.

    Gymnasium's vector environments reset with the step after the last one; here, as SB3 wants it,
    an environment that is done starts again within its last step, whose true observation goes into
    `info["terminal_observation"]`.

    Args:
        pool: Closed with this.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool.n_envs, pool.observation_space, pool.action_space)
        self._pool = pool
        self._actions: npt.NDArray[Any] = np.zeros(0)
        self._returns = np.zeros(pool.n_envs)
        self._lengths = np.zeros(pool.n_envs, np.int64)
        self._started = time.time()

    def reset(self) -> VecEnvObs:
        """Start episodes everywhere, as `seed` said if it was called."""
        seed = self._seeds[0]
        self._reset_seeds()
        self._returns[:], self._lengths[:] = 0.0, 0
        return self._pool.reset(seed)

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all; those that are done start again."""
        batch = self._pool.step(self._actions)
        self._returns += batch.rewards
        self._lengths += 1
        done = batch.terminated | batch.truncated
        infos: list[dict[str, Any]] = [
            {"scene": scene, "success": success, "TimeLimit.truncated": False}
            for scene, success in zip(batch.scenes, batch.success.tolist(), strict=True)
        ]
        obs = batch.obs
        if done.any():
            env_id = np.flatnonzero(done)
            obs = obs.copy()
            obs[env_id] = self._pool.restart(env_id)
            for i in env_id.tolist():
                infos[i]["terminal_observation"] = batch.obs[i]
                infos[i]["TimeLimit.truncated"] = bool(batch.truncated[i] & ~batch.terminated[i])
                infos[i]["episode"] = self._episode(i)
            self._returns[done], self._lengths[done] = 0.0, 0
        return obs, batch.rewards.astype(np.float32), done, infos

    def close(self) -> None:
        """Release the pool."""
        self._pool.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return the render mode, which is none: there is nothing else to ask single ones for."""
        if attr_name != "render_mode":
            raise AttributeError(f"environments of a pool have no attribute {attr_name!r}")
        return [None for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuse."""
        raise UsageError(f"environments of a pool have no attribute {attr_name!r}")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        """Refuse."""
        raise UsageError(f"environments of a pool have no method {method_name!r}")

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Say that episodes are counted, as `Monitor` counts them."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]

    def _get_indices(self, indices: int | Iterable[int] | None) -> Iterable[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else indices

    def _episode(self, i: int) -> dict[str, float]:
        return {
            "r": round(float(self._returns[i]), 6),
            "l": int(self._lengths[i]),
            "t": round(time.time() - self._started, 6),
        }
