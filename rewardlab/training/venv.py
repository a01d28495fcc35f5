"""Vectorised environments of a task, and what counts as solving it.

```
env → Episode → SceneRecorder → Monitor → LeanVecEnv or SubprocVecEnv → SuccessVecEnv
Pool (another engine)                                  → PoolVecEnv   → SuccessVecEnv
```
Monitor sees the environment's own reward only, so SB3's `ep_rew_mean` never is a designed one.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from rewardlab.config import Engine, Sandbox
from rewardlab.envs.tasks import Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.sandbox import lockdown

if TYPE_CHECKING:
    from rewardlab.sandbox.runner import RewardRunner

SOLVED = 0.5
"""A success program says yes from this value on."""


def make_venv(
    task: Task,
    *,
    n_envs: int,
    seed: int,
    native_reward: bool = True,
    vec_env: Literal["dummy", "subproc"] = "dummy",
    render_mode: str | None = None,
    sealed: bool = False,
    sandbox: Sandbox = "auto",
    engine: Engine = "python",
) -> VecEnv:
    """Build `n_envs` environments of a task that are stepped together.

    Args:
        task: The task; with `"subproc"` each process builds it again from id and options.
        n_envs: How many environments.
        seed: Environment `i` is seeded with `seed + i`.
        native_reward: Compute the environment's own reward; without it rewards are 0.
        vec_env: `"dummy"` steps them in this process, `"subproc"` each in its own.
        render_mode: `"rgb_array"` for video.
        sealed: Processes of `"subproc"` execute no program once their environment is built.
        sandbox: `"require"` refuses to run a success program below the full sandbox.
        engine: `"envpool"` steps all of them in C++, for tasks that have such a pool.

    Returns:
        Environments whose infos carry `scene (row_size,)` at every step and, if the task has a
        success signal, `success` at every step and `is_success` at the end of an episode.
    """
    options = {"render_mode": render_mode, "native_reward": native_reward}
    if engine == "envpool":
        venv: VecEnv = _pooled(task, n_envs, seed, native_reward)
    elif vec_env == "subproc":
        # "spawn" needs no socket, which a locked trainer has not
        venv = SubprocVecEnv(
            [
                partial(_rebuild, task.id, dict(task.options), seed + i, options, sealed)
                for i in range(n_envs)
            ],
            start_method="spawn",
        )
    else:
        venv = LeanVecEnv([partial(_build, task, seed + i, options) for i in range(n_envs)])
    venv.seed(seed)
    if not has_success(task):
        return venv
    return SuccessVecEnv(venv, _success_runner(task, sandbox))


def _pooled(task: Task, n_envs: int, seed: int, native_reward: bool) -> VecEnv:
    from rewardlab.training.engines import pool_maker
    from rewardlab.training.pooled import PoolVecEnv

    return PoolVecEnv(pool_maker(task)(n_envs=n_envs, seed=seed, native_reward=native_reward))


def has_success(task: Task) -> bool:
    """Whether a task can say that it is solved."""
    return task.success is not None or task.success_program is not None


def _success_runner(task: Task, sandbox: Sandbox) -> RewardRunner | None:
    if task.success_program is None:
        return None
    from rewardlab.sandbox.runner import RewardRunner

    return RewardRunner(task.success_program, task.scene, sandbox=sandbox)


def _build(task: Task, seed: int, options: Mapping[str, Any]) -> gym.Env[Any, Any]:
    return Monitor(task.make_env(seed=seed, **options))


def _rebuild(
    id: str, task_options: Mapping[str, Any], seed: int, options: Mapping[str, Any], sealed: bool
) -> gym.Env[Any, Any]:
    # Ctrl-C reaches every process of a terminal: the one that trains decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    env = _build(get_task(id, **task_options), seed, options)
    if sealed:
        lockdown.seal()
    return env


class LeanVecEnv(DummyVecEnv):
    """SB3's `DummyVecEnv` without its deep copy of every info at every step."""

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments in turn; those that are done start again."""
        infos: list[dict[str, Any]] = []
        for i, env in enumerate(self.envs):
            obs, self.buf_rews[i], terminated, truncated, info = env.step(self.actions[i])
            info = dict(info)
            info["TimeLimit.truncated"] = truncated and not terminated
            self.buf_dones[i] = done = terminated or truncated
            if done:
                info["terminal_observation"] = obs
                obs, self.reset_infos[i] = env.reset()
            self._save_obs(i, obs)
            infos.append(info)
        return self._obs_from_buf(), self.buf_rews.copy(), self.buf_dones.copy(), infos


class SuccessVecEnv(VecEnvWrapper):
    """Tell SB3 at the end of an episode whether any of its steps solved the task.

    Args:
        venv: Environments whose infos carry `success` or, if `runner` is given, `scene`.
        runner: Executes the user's success predicate; closed with the environments.

    Attributes:
        runner: The same.
    """

    def __init__(self, venv: VecEnv, runner: RewardRunner | None = None) -> None:
        super().__init__(venv)
        self.runner = runner
        self._solved = np.zeros(venv.num_envs, np.bool_)

    def reset(self) -> VecEnvObs:
        """Start episodes everywhere."""
        self._solved[:] = False
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Step, and judge the true successor states."""
        obs, rewards, dones, infos = self.venv.step_wait()
        self._solved |= self._success(infos)
        if dones.any():
            for i in np.flatnonzero(dones):
                infos[i]["is_success"] = bool(self._solved[i])
            self._solved[dones] = False
        return obs, rewards, dones, infos

    def close(self) -> None:
        """Close environments and worker."""
        if self.runner is not None:
            self.runner.close()
        self.venv.close()

    def _success(self, infos: list[dict[str, Any]]) -> npt.NDArray[np.bool_]:
        if self.runner is None:
            return np.array([info["success"] for info in infos], np.bool_)
        rows = np.stack([info["scene"] for info in infos])
        success: npt.NDArray[np.bool_] = self.runner.evaluate(rows).reward >= SOLVED
        for info, solved in zip(infos, success.tolist(), strict=True):
            info["success"] = solved
        return success
