"""The vectorised environment that replaces rewards by a shaper's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from rewardlab.shapers.base import Shaper, Transitions
from rewardlab.training.checked import Checked, check_gamma, check_spaces
from rewardlab.training.tally import Tally


class ShapedVecEnv(VecEnvWrapper):
    """Return a shaper's rewards, and say in each info what they are made of.

    Infos get `reward/env`, `reward/shaped` and `reward/terms/<name>`. It stands below
    `VecNormalize`, so shapers see raw observations, and above `Monitor`, so episode returns stay
    the environment's own. One may stand above another: what the lower one returns is then the
    extrinsic reward of the upper one.

    Args:
        venv: The environments.
        shaper: Makes the rewards; bound here and closed with the environments.
        gamma: The algorithm's discount.
        seed: Seeds the shaper.
        log_env: Log what comes from below as `reward/env`; not where it is not computed.
        pays: Return the shaper's rewards. Otherwise the extrinsic ones pass, for algorithms whose
            replay buffer shapes what it samples (`rewardlab.training.replay`); infos then carry
            `shaper/extras`, what that buffer has to keep.
        fault_file: Where the first transition that the shaper gets wrong is written.

    Raises:
        UsageError: The shaper assumes another discount, or needs what there is not.
        ShaperFault: Later, what it returns is not one finite number per environment.
    """

    def __init__(
        self,
        venv: VecEnv,
        shaper: Shaper,
        *,
        gamma: float,
        seed: int = 0,
        log_env: bool = True,
        pays: bool = True,
        fault_file: Path | None = None,
    ) -> None:
        super().__init__(venv)
        check_gamma(shaper, gamma)
        check_spaces(shaper, venv)
        self.shaper = shaper
        self.checked = Checked(shaper, fault_file)
        self.checked.bind(venv, gamma=gamma, n_envs=venv.num_envs, seed=seed)
        self._pays = pays
        self._log_env = log_env and not isinstance(venv, ShapedVecEnv)
        self._env_id = np.arange(venv.num_envs)
        self._obs: Any = None
        self._action: npt.NDArray[Any] = np.zeros(0)
        self._t = np.zeros(venv.num_envs, np.int64)
        self._one = np.ones(venv.num_envs, np.int64)
        adds = shaper.mode == "add"
        self._tally = Tally(venv.num_envs, adds=adds, log_env=self._log_env)

    def reset(self) -> VecEnvObs:
        """Start episodes everywhere."""
        obs = self.venv.reset()
        self._obs = _copy(obs)
        self._t = np.zeros(self.num_envs, np.int64)
        self._tally.begin()
        self.checked.begin(self._obs, self._env_id)
        return obs

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Start a step."""
        self._action = np.array(actions)
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Finish it: shape the true transitions, then begin the episodes that follow."""
        obs, r_ext, dones, infos = self.venv.step_wait()
        ended = [i for i, done in enumerate(dones.tolist()) if done]
        batch = self._transitions(obs, r_ext, ended, infos)
        shaped = self.checked(batch)
        self.checked.observe(batch)
        self._record(batch.r_ext, shaped.reward, shaped.terms, infos, ended)
        self._t = self._t + self._one
        self._obs = _copy(obs)
        if ended:
            self._t[ended] = 0
            self.checked.begin(_at(self._obs, ended), self._env_id[ended])
        if self._pays:
            return obs, shaped.reward.astype(np.float32), dones, infos
        extras = {"t": batch.t, "success": batch.success, **shaped.extras}
        for i, info in enumerate(infos):
            info["shaper/extras"] = {name: values[i] for name, values in extras.items()}
        return obs, r_ext, dones, infos

    def take_means(self) -> dict[str, float]:
        """Return numbers to log since the last call: see `Tally.take`, and the shaper's own."""
        return self._tally.take() | {f"shaper/{k}": v for k, v in self.checked.metrics().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return the shaper's state and the sums since the last log."""
        return {"shaper": self.checked.state_dict(), **self._tally.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`."""
        self.checked.load_state_dict(state["shaper"])
        self._tally.load_state_dict(state)

    def close(self) -> None:
        """Close shaper and environments."""
        self.shaper.close()
        self.venv.close()

    def _transitions(
        self,
        obs: VecEnvObs,
        r_ext: npt.NDArray[Any],
        ended: list[int],
        infos: list[dict[str, Any]],
    ) -> Transitions:
        next_obs, n = obs, len(infos)
        terminated, truncated = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        success = np.zeros(n, np.bool_)
        for i, info in enumerate(infos):
            if info.get("success", info.get("is_success", False)):  # ours, or SB3's
                success[i] = True
        if ended:
            next_obs = _copy(obs)
            for i in ended:
                _put(next_obs, i, infos[i]["terminal_observation"])
                truncated[i] = infos[i].get("TimeLimit.truncated", False)
                terminated[i] = not truncated[i]
        batch = Transitions.__new__(Transitions)
        vars(batch).update(  # a frozen dataclass sets its attributes one by one, which costs more
            obs=self._obs,
            action=self._action,
            r_ext=r_ext.astype(np.float64),
            next_obs=next_obs,
            terminated=terminated,
            truncated=truncated,
            env_id=self._env_id,
            t=self._t,
            success=success,
            scene=np.stack([info["scene"] for info in infos]) if "scene" in infos[0] else None,
            extras=None,
        )
        return batch

    def _record(
        self,
        r_ext: npt.NDArray[np.float64],
        reward: npt.NDArray[np.float64],
        terms: Mapping[str, npt.NDArray[np.float64]],
        infos: list[dict[str, Any]],
        ended: list[int],
    ) -> None:
        below, paid = r_ext.tolist(), reward.tolist()
        parts = {name: values.tolist() for name, values in terms.items()}
        for i, info in enumerate(infos):
            if self._log_env:
                info["reward/env"] = below[i]
            info["reward/shaped"] = paid[i]
            for name, column in parts.items():
                info[f"reward/terms/{name}"] = column[i]
        self._tally.note(below, paid, parts, ended)


def _copy(obs: VecEnvObs) -> Any:
    if isinstance(obs, dict):
        return {key: np.array(part) for key, part in obs.items()}
    return np.array(obs)


def _at(obs: Any, rows: Any) -> Any:
    return {key: part[rows] for key, part in obs.items()} if isinstance(obs, dict) else obs[rows]


def _put(obs: Any, row: int, value: Any) -> None:
    if isinstance(obs, dict):
        for key, part in obs.items():
            part[row] = value[key]
    else:
        obs[row] = value
