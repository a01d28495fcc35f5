"""Replay buffers that shape what is sampled, with what the shaper says now.

They keep the extrinsic reward. A shaper that learns while the policy does therefore never leaves
rewards behind that it would no longer give.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch
from stable_baselines3.common.buffers import DictReplayBuffer, NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import DictReplayBufferSamples
from stable_baselines3.common.vec_env import VecNormalize
from stable_baselines3.her import HerReplayBuffer

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Transitions
from rewardlab.training.checked import Checked

_NEEDED = "shaping needs optimize_memory_usage=False and handle_timeout_termination=True"

Index = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Rows and environments, which broadcast against each other."""


class ShapedRewards:
    """Rewards of a replay buffer: written as they come, read as they are shaped.

    Args:
        buffer: The buffer that they belong to.
        stored: `(N, E)` extrinsic rewards.
        shape: The shaper.
    """

    def __init__(self, buffer: _Shaped, stored: npt.NDArray[np.float32], shape: Checked) -> None:
        self.buffer, self.stored = buffer, stored
        self.shape: Checked | None = shape

    def __setitem__(self, at: Any, rewards: npt.NDArray[np.float32]) -> None:
        self.stored[at] = rewards

    def __getitem__(self, at: Index) -> npt.NDArray[np.float32]:
        rows, envs = np.broadcast_arrays(*at)
        batch = self.buffer.transitions(rows.ravel(), envs.ravel())
        return self.shaped(batch).reshape(rows.shape)

    def shaped(self, batch: Transitions) -> npt.NDArray[np.float32]:
        """Return what the shaper makes of a batch `(B,)`."""
        if self.shape is None:
            raise UsageError(
                "this replay buffer came from a file, which holds no shaper: load it after attach, "
                "and give the callback that attach returned to learn(…, callback=…)"
            )
        return self.shape(batch).reward.astype(np.float32)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the shaper out of files: it may hold functions, and comes back with `attach`."""
        return {**vars(self), "shape": None}


class _Shaped(ReplayBuffer):
    """What the buffers have in common; every argument is SB3's but `shape`.

    Attributes:
        extras: What shapers want kept with each transition, each `(N, E)`.
    """

    def __init__(self, *args: Any, shape: Checked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.optimize_memory_usage or not self.handle_timeout_termination:
            raise UsageError(_NEEDED)
        self.extras: dict[str, npt.NDArray[np.float64]] = {}
        self.rewards: Any = ShapedRewards(self, self.rewards, shape)

    def add(self, obs: Any, next_obs: Any, action: Any, reward: Any, done: Any, infos: Any) -> None:
        """Store a step of all environments, and what the shaper wants kept with it."""
        for name in infos[0]["shaper/extras"]:
            if name not in self.extras:
                self.extras[name] = np.zeros((self.buffer_size, self.n_envs))
            self.extras[name][self.pos] = [info["shaper/extras"][name] for info in infos]
        super().add(obs, next_obs, action, reward, done, infos)

    def transitions(self, rows: npt.NDArray[np.int64], envs: npt.NDArray[np.int64]) -> Transitions:
        """Return stored transitions `(B,)` as environments made them, unscaled and unshaped."""
        extras = {name: column[rows, envs] for name, column in self.extras.items()}
        truncated = self.timeouts[rows, envs] > 0
        return Transitions(
            obs=self._raw(self.observations, rows, envs),
            action=self._action(rows, envs),
            r_ext=self.rewards.stored[rows, envs].astype(np.float64),
            next_obs=self._raw(self.next_observations, rows, envs),
            terminated=(self.dones[rows, envs] > 0) & ~truncated,
            truncated=truncated,
            env_id=np.asarray(envs),
            t=extras.pop("t").astype(np.int64),
            success=extras.pop("success") > 0,
            extras=extras,
        )

    def _raw(self, kept: Any, rows: Any, envs: Any) -> Any:
        if isinstance(kept, dict):
            return raw({k: part[rows, envs] for k, part in kept.items()}, self.observation_space)
        return raw(kept[rows, envs], self.observation_space)

    def _action(self, rows: Any, envs: Any) -> npt.NDArray[Any]:
        taken: npt.NDArray[Any] = self.actions[rows, envs]
        space = self.action_space
        if isinstance(space, gym.spaces.Discrete):
            return taken[:, 0]
        if not isinstance(space, gym.spaces.Box):
            return taken
        low, high = space.low.ravel(), space.high.ravel()
        return np.reshape(low + 0.5 * (taken + 1.0) * (high - low), (-1, *space.shape))


class ShapedReplayBuffer(_Shaped):
    """SB3's `ReplayBuffer`, shaped when sampled.

    Args:
        *args: As for SB3's.
        shape: The shaper.
        **kwargs: As for SB3's.
    """


class ShapedNStepReplayBuffer(_Shaped, NStepReplayBuffer):
    """SB3's `NStepReplayBuffer`: every step of the window is shaped, then discounted and masked."""


class ShapedDictReplayBuffer(_Shaped, DictReplayBuffer):
    """SB3's `DictReplayBuffer`, for observations that are dicts, shaped when sampled."""


class ShapedHerReplayBuffer(_Shaped, HerReplayBuffer):
    """SB3's `HerReplayBuffer` (hindsight goals): shaped after goals are relabelled.

    Potentials see the goal that the algorithm learns for: F = γΦ(s', g) − Φ(s, g). The extrinsic
    reward of a relabelled goal is that of the environment's `compute_reward`. What was frozen when
    a step was taken, its success included, is that of the goal of then.
    """

    def _get_virtual_samples(
        self, batch_indices: Any, env_indices: Any, env: VecNormalize | None = None
    ) -> DictReplayBufferSamples:
        drawn = super()._get_virtual_samples(batch_indices, env_indices)  # not yet normalised
        obs, next_obs = _arrays(drawn.observations), _arrays(drawn.next_observations)
        batch = replace(
            self.transitions(batch_indices, env_indices),
            obs=raw(obs, self.observation_space),
            next_obs=raw(next_obs, self.observation_space),
            r_ext=drawn.rewards[:, 0].cpu().numpy().astype(np.float64),
        )
        rewards = self.rewards.shaped(batch).reshape(-1, 1)
        return drawn._replace(
            observations=self._seen(obs, env),
            next_observations=self._seen(next_obs, env),
            rewards=self.to_torch(rewards),
        )

    def _seen(self, obs: Any, env: VecNormalize | None) -> dict[str, torch.Tensor]:
        seen: Any = self._normalize_obs(obs, env)
        return {key: self.to_torch(part) for key, part in seen.items()}


def raw(kept: Any, space: gym.Space[Any]) -> Any:
    """Return stored observations as environments show them: integers `(B,)`, not `(B, 1)`."""
    if isinstance(space, gym.spaces.Dict):
        return {key: raw(part, space[key]) for key, part in kept.items()}
    return kept[:, 0] if isinstance(space, gym.spaces.Discrete) else kept


def _arrays(obs: Any) -> dict[str, npt.NDArray[Any]]:
    return {key: part.cpu().numpy() for key, part in obs.items()}


def reconnect(model: Any, shape: Checked) -> None:
    """Give a replay buffer that was loaded the shaper that its file does not hold."""
    buffer = getattr(model, "replay_buffer", None)
    if isinstance(buffer, _Shaped) and buffer.rewards.shape is None:
        buffer.rewards.shape = shape


def relabel(model: OffPolicyAlgorithm, shape: Checked) -> None:
    """Give an off-policy algorithm a replay buffer, empty, that shapes what it samples.

    Raises:
        UsageError: Its kind of buffer has no shaped counterpart, or forgets what shaping needs.
    """
    old = model.replay_buffer
    found: dict[type[ReplayBuffer], type[_Shaped]] = {
        ReplayBuffer: ShapedReplayBuffer,
        NStepReplayBuffer: ShapedNStepReplayBuffer,
        DictReplayBuffer: ShapedDictReplayBuffer,
        HerReplayBuffer: ShapedHerReplayBuffer,
    }
    if isinstance(old, _Shaped):
        raise UsageError(
            f"the {type(model).__name__} has a shaper already: attach Sum(first, second) instead"
        )
    kind = found.get(type(old))  # type: ignore[arg-type]
    if old is None or kind is None:
        raise UsageError(
            f"shapers do not know the replay buffer {type(old).__name__}; use one of: "
            f"{', '.join(k.__name__ for k in found)}"
        )
    if old.optimize_memory_usage or not old.handle_timeout_termination:
        raise UsageError(_NEEDED)
    options: dict[str, Any] = {}
    if isinstance(old, NStepReplayBuffer):
        options = {"n_steps": old.n_steps, "gamma": old.gamma}
    elif isinstance(old, HerReplayBuffer):
        names = ("env", "n_sampled_goal", "goal_selection_strategy", "copy_info_dict")
        options = {name: getattr(old, name) for name in names}
    model.replay_buffer = kind(
        model.buffer_size,
        model.observation_space,
        model.action_space,
        device=model.device,
        n_envs=model.n_envs,
        shape=shape,
        **options,
    )
