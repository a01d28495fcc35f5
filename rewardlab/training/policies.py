"""Trained policies on disk: weights as tensors, normaliser as arrays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.errors import ConfigError, StorageError, UnknownName, UsageError
from rewardlab.store.files import storage_error
from rewardlab.training.run import Run
from rewardlab.training.spaces import read_spaces, same_actions, told

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.policies import BasePolicy
    from stable_baselines3.common.vec_env import VecEnv

CHECKPOINTS = ("final", "best", "latest")


class Policy:
    """Maps raw observations to actions, without exploration.

    Args:
        model: SB3's policy.
        normalizer: Arrays `obs_mean`, `obs_var`, `epsilon`, `clip_obs`, or `None`.
        timesteps: Environment steps that it was trained for.
    """

    def __init__(
        self, model: BasePolicy, normalizer: dict[str, Any] | None, timesteps: int = 0
    ) -> None:
        self.model = model
        self.normalizer = normalizer
        self.timesteps = timesteps

    @classmethod
    def of(cls, model: BaseAlgorithm) -> Policy:
        """Return the policy of an algorithm in training, with its present normaliser."""
        from rewardlab.policies.sb3.pretrained import arrays_of

        return cls(model.policy, arrays_of(model.get_vec_normalize_env()), model.num_timesteps)

    def predict(self, obs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return actions `(n, …)` for raw observations `(n, …)`."""
        return self.model.predict(self.normalized(obs), deterministic=True)[0]

    def normalized(self, obs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return raw observations as the networks see them."""
        if self.normalizer is None:
            return obs
        z = (obs - self.normalizer["obs_mean"]) / self._scale
        clipped: npt.NDArray[Any] = np.clip(z, -self._clip, self._clip)
        return clipped.astype(np.float32)

    @property
    def _scale(self) -> Any:
        assert self.normalizer is not None
        return np.sqrt(self.normalizer["obs_var"] + self.normalizer["epsilon"])

    @property
    def _clip(self) -> float:
        assert self.normalizer is not None
        return float(self.normalizer["clip_obs"])


def save_policy(folder: Path, model: BaseAlgorithm) -> None:
    """Write the policy of an algorithm, replacing an older one in one step.

    Raises:
        StorageError: Disk full, no permission …
    """
    from rewardlab.training import checkpoint as files
    from rewardlab.training import tensors

    part = folder.with_name(f".{folder.name}.part")
    state = {"policy": model.policy.state_dict(), "timesteps": model.num_timesteps}
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        tensors.save(part / "policy.npz", state)
        if model.get_vec_normalize_env() is not None:
            files.save_normalizer(part / "normalize.npz", model)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise storage_error(folder, error) from error


def load_policy(run: Run, checkpoint: str = "final") -> Policy:
    """Rebuild a policy from a run's configuration and weights; nothing is unpickled.

    Args:
        run: A run.
        checkpoint: `"final"`, `"best"` (by success in evaluation) or `"latest"` (also of a run
            that has not finished).

    Raises:
        UnknownName: No such kind of checkpoint.
        UsageError: The run has no such policy (yet).
        StorageError: Its files are damaged.
    """
    from rewardlab.training import checkpoint as files
    from rewardlab.training import tensors

    if checkpoint not in CHECKPOINTS:
        raise UnknownName("checkpoint", checkpoint, CHECKPOINTS)
    have = _folders(run)
    if checkpoint not in have:
        hint = f"it has: {', '.join(have)}" if have else "it has none yet; train or resume it"
        raise UsageError(f"run {run.id} has no {checkpoint} policy; {hint}")
    folder = have[checkpoint]
    observation, action = read_spaces(run.path / "spaces.json")
    model = _rebuild(run, observation, action)
    try:
        if checkpoint == "latest":
            weights = tensors.load(folder / "model.npz")["parameters"]["policy"]
            timesteps = files.step_of(folder)
        else:
            data = tensors.load(folder / "policy.npz")
            weights, timesteps = data["policy"], int(data["timesteps"])
        model.load_state_dict(weights)
        normalizer = _normalizer(folder / "normalize.npz", observation)
    except OSError as error:
        raise storage_error(folder, error) from error
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
        why = " ".join(str(error).split())[:300]
        raise StorageError(f"{folder} does not fit the run's configuration: {why}") from error
    return Policy(model, normalizer, timesteps)


def _normalizer(path: Path, observation: gym.Space[Any]) -> dict[str, Any] | None:
    from rewardlab.training import checkpoint as files

    if not path.exists():
        return None
    found = files.load_normalizer(path, observation.shape or ())
    return found if "obs_mean" in found else None


def _folders(run: Run) -> dict[str, Path]:
    """Return where the policies lie that a run has."""
    from rewardlab.training import checkpoint as files

    found = {name: run.path / name for name in ("final", "best")}
    found = {name: path for name, path in found.items() if (path / "policy.npz").exists()}
    whole = files.checkpoints(run.path / "checkpoints")
    return found | ({"latest": whole[-1]} if whole else {})


def _rebuild(run: Run, observation: gym.Space[Any], action: gym.Space[Any]) -> BasePolicy:
    from rewardlab.training import algorithms, experts

    config = run.config
    policy = algorithms.policy_class(config)
    kwargs = experts.policy_kwargs(run)
    if config.hyperparameters.get("use_sde"):  # the algorithm hands it to its policy
        kwargs["use_sde"] = True
    try:
        model: BasePolicy = policy(observation, action, lambda _: 0.0, **kwargs)
    except (TypeError, ValueError, AssertionError, RuntimeError, LookupError) as error:
        why = " ".join(str(error).split())[:300]
        raise ConfigError(f"{config.policy} does not take these policy_kwargs: {why}") from error
    model.set_training_mode(False)
    return model


def check_fits(policy: Policy, venv: VecEnv, *, name: str, task: str) -> None:
    """Raise `UsageError` if a policy observes or does something else than a task."""
    model, fitting = policy.model, venv.observation_space.shape
    if model.observation_space.shape != fitting or not isinstance(
        model.observation_space, type(venv.observation_space)
    ):
        raise UsageError(
            f"{name} does not fit {task}: it observes {told(model.observation_space)}, "
            f"the task gives {told(venv.observation_space)}"
        )
    if not same_actions(model.action_space, venv.action_space):
        raise UsageError(
            f"{name} does not fit {task}: it acts in {told(model.action_space)}, "
            f"the task takes {told(venv.action_space)}"
        )
    normalizer = policy.normalizer
    if normalizer is not None and np.shape(normalizer["obs_mean"]) != fitting:
        raise UsageError(f"the normaliser of {name} is not one of {task}'s observations")
