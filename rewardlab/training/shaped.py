"""The vectorised environment that replaces rewards by a shaper's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Shaped, Shaper, Transitions


class ShapedVecEnv(VecEnvWrapper):
    """Return a shaper's rewards, and say in each info what they are made of.

    Infos get `reward/env`, `reward/shaped` and `reward/terms/<name>`. It stands below
    `VecNormalize`, so shapers see raw observations, and above `Monitor`, so episode returns stay
    the environment's own. One may stand above another: what the lower one returns is then the
    extrinsic reward of the upper one.

    Args:
        venv: Environments with array observations.
        shaper: Makes the rewards; bound here and closed with the environments.
        gamma: The algorithm's discount.
        seed: Seeds the shaper.
        log_env: Log what comes from below as `reward/env`; not where it is not computed.

    Raises:
        UsageError: The shaper assumes another discount, or observations are not arrays; later,
            what it returns is not one finite number per environment.
    """

    def __init__(
        self,
        venv: VecEnv,
        shaper: Shaper,
        *,
        gamma: float,
        seed: int = 0,
        log_env: bool = True,
    ) -> None:
        super().__init__(venv)
        if isinstance(venv.observation_space, gym.spaces.Dict):
            raise UsageError("reward programs and shapers need array observations, not a dict")
        check_gamma(shaper, gamma)
        shaper.bind(
            venv.observation_space,
            venv.action_space,
            gamma=gamma,
            n_envs=venv.num_envs,
            seed=seed,
        )
        self.shaper = shaper
        self._log_env = log_env and not isinstance(venv, ShapedVecEnv)
        self._env_id = np.arange(venv.num_envs)
        self._obs: npt.NDArray[Any] = np.zeros(0)
        self._action: npt.NDArray[Any] = np.zeros(0)
        self._t = np.zeros(venv.num_envs, np.int64)
        self._sums: dict[str, float] = {}
        self._n = 0

    def reset(self) -> VecEnvObs:
        """Start episodes everywhere."""
        obs = self.venv.reset()
        self._obs = np.array(obs)
        self._t[:] = 0
        self.shaper.begin(self._obs, self._env_id)
        return obs

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Start a step."""
        self._action = np.array(actions)
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Finish it: shape the true transitions, then begin the episodes that follow."""
        obs, r_ext, dones, infos = self.venv.step_wait()
        assert isinstance(obs, np.ndarray)
        batch = self._transitions(obs, r_ext, dones, infos)
        shaped = self._checked(self.shaper.shape(batch))
        self.shaper.observe(batch)
        rewards = np.array(shaped.reward, np.float32)
        self._record(batch.r_ext, shaped.reward, shaped.terms, infos)
        self._t += 1
        self._obs = obs.copy()
        if dones.any():
            self._t[dones] = 0
            self.shaper.begin(self._obs[dones], self._env_id[dones])
        return obs, rewards, dones, infos

    def take_means(self) -> dict[str, float]:
        """Return the means per step of rewards and terms since the last call.

        A term that a program did not name in a step counts 0 there, so that the terms' means add
        up to the reward's wherever the terms add up to the reward.
        """
        means = {key: value / self._n for key, value in self._sums.items()} if self._n else {}
        self._sums, self._n = {}, 0
        return means | {f"shaper/{k}": v for k, v in self.shaper.metrics().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return the shaper's state and the sums since the last log."""
        return {"shaper": self.shaper.state_dict(), "sums": dict(self._sums), "n": self._n}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.shaper.load_state_dict(state["shaper"])
        self._sums, self._n = dict(state["sums"]), int(state["n"])

    def close(self) -> None:
        """Close shaper and environments."""
        self.shaper.close()
        self.venv.close()

    def _transitions(
        self,
        obs: npt.NDArray[Any],
        r_ext: npt.NDArray[Any],
        dones: npt.NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> Transitions:
        next_obs, truncated = obs, np.zeros_like(dones)
        if dones.any():
            next_obs = obs.copy()
            for i in np.flatnonzero(dones):
                next_obs[i] = infos[i]["terminal_observation"]
                truncated[i] = infos[i]["TimeLimit.truncated"]
        return Transitions(
            obs=self._obs,
            action=self._action,
            r_ext=r_ext.astype(np.float64),
            next_obs=next_obs,
            terminated=dones & ~truncated,
            truncated=truncated,
            env_id=self._env_id,
            t=self._t.copy(),
            success=np.array([info.get("success", False) for info in infos], np.bool_),
            scene=np.stack([info["scene"] for info in infos]) if "scene" in infos[0] else None,
        )

    def _checked(self, shaped: Shaped) -> Shaped:
        """Return what a shaper made, or say what its author has to put right."""
        name, shape = type(self.shaper).__name__, (self.num_envs,)
        if not isinstance(shaped, Shaped):
            raise UsageError(
                f"{name}.shape must return Shaped(reward, terms), got {type(shaped).__name__}"
            )
        for what, values in (("reward", shaped.reward), *shaped.terms.items()):
            if np.shape(values) != shape or not np.isfinite(values).all():
                raise UsageError(
                    f"{name}.shape must return {what!r} as {self.num_envs} finite numbers, one per "
                    f"environment; got shape {np.shape(values)}: {np.ravel(values)[:4]}"
                )
        return shaped

    def _record(
        self,
        r_ext: npt.NDArray[np.float64],
        reward: npt.NDArray[np.float64],
        terms: Mapping[str, npt.NDArray[np.float64]],
        infos: list[dict[str, Any]],
    ) -> None:
        columns = {"reward/env": r_ext} if self._log_env else {}
        columns["reward/shaped"] = reward
        for name, values in terms.items():
            columns[f"reward/terms/{name}"] = values
        for key, column in columns.items():
            values = column.tolist()
            self._sums[key] = self._sums.get(key, 0.0) + sum(values)
            for info, value in zip(infos, values, strict=True):
                info[key] = value
        self._n += len(infos)


def check_gamma(shaper: Shaper, gamma: float) -> None:
    """Raise `UsageError` if a shaper assumes another discount than the algorithm's."""
    if shaper.gamma is not None and shaper.gamma != gamma:
        raise UsageError(
            f"{type(shaper).__name__} assumes gamma {shaper.gamma}, the algorithm uses {gamma}: "
            "give both the same"
        )
