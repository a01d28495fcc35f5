"""Everything from which training goes on, in files that hold tensors and numbers, never pickle.

```
checkpoints/000000020480/
  model.pt        networks and optimisers      torch.load(weights_only=True)
  state.pt        counters, random states, shapers, logs
  normalize.npz   running means of VecNormalize
  replay.npz      replay buffer                numpy.load(allow_pickle=False)
```
A checkpoint is written beside its place and renamed, so whatever kills the process leaves whole
ones only; the last two are kept. Environments are not saved: at each checkpoint all of them start
new episodes, seeded by run seed and step, in the run that goes on as in the one that is resumed,
so both see the same.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import deque
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.errors import StorageError
from rewardlab.store.files import storage_error
from rewardlab.training import tensors

KEEP = 2
"""How many checkpoints stay."""

_COUNTERS = (
    "num_timesteps", "_n_updates", "_episode_num", "_current_progress_remaining",
    "_n_calls", "exploration_rate",
)  # fmt: skip
_REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def save(folder: Path, model: BaseAlgorithm, extra: Mapping[str, Any]) -> Path:
    """Write a checkpoint below `folder` and drop the oldest ones.

    Args:
        folder: The run's folder of checkpoints.
        model: The algorithm with its environments.
        extra: State of shapers, logs and schedule: tensors, arrays and plain types.

    Raises:
        StorageError: Disk full, no permission …
    """
    path = folder / f"{model.num_timesteps:012d}"
    while path.exists():  # the older one of the same step stays until this one is whole
        path = path.with_name(path.name + "+")
    part = folder / ".part"
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        tensors.save(part / "model.pt", _parameters(model))
        tensors.save(part / "state.pt", {**_counters(model), "random": random_state(), **extra})
        if model.get_vec_normalize_env() is not None:
            save_normalizer(part / "normalize.npz", model)
        if isinstance(model, OffPolicyAlgorithm) and model.replay_buffer is not None:
            _save_replay(part / "replay.npz", model.replay_buffer)
        _sync(part)
        part.rename(path)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise storage_error(path, error) from error
    for old in checkpoints(folder)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Return whole checkpoints, oldest first."""
    return sorted(p for p in folder.glob("[0-9]*") if p.is_dir())


def step_of(path: Path) -> int:
    """Return the step at which a checkpoint was taken."""
    return int(path.name.rstrip("+"))


def restore(path: Path, model: BaseAlgorithm) -> dict[str, Any]:
    """Bring a freshly built algorithm to the state of a checkpoint and return its `extra`.

    Random states are those of the process, so this comes last before training.

    Raises:
        StorageError: A file is missing, damaged, or of another algorithm.
    """
    try:
        state = tensors.load(path / "state.pt")
        _set_parameters(model, tensors.load(path / "model.pt"))
        if model.get_vec_normalize_env() is not None:
            _set_normalizer(model, load_normalizer(path / "normalize.npz"))
        if isinstance(model, OffPolicyAlgorithm) and model.replay_buffer is not None:
            _load_replay(path / "replay.npz", model.replay_buffer)
        _set_counters(model, state)
        set_random_state(state["random"])
    except OSError as error:
        raise storage_error(path, error) from error
    except (RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise StorageError(f"checkpoint {path} cannot be used: {error}") from error
    return state


def save_normalizer(path: Path, model: BaseAlgorithm) -> None:
    """Write the running means of the algorithm's `VecNormalize`."""
    venv = model.get_vec_normalize_env()
    assert venv is not None
    data: dict[str, Any] = {"epsilon": venv.epsilon, "clip_obs": venv.clip_obs}
    data |= _moments("ret", venv.ret_rms) | {"returns": venv.returns}
    if venv.norm_obs:
        data |= _moments("obs", cast(RunningMeanStd, venv.obs_rms))
    np.savez(path, **data)


def load_normalizer(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read what `save_normalizer` wrote."""
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def _moments(name: str, rms: RunningMeanStd) -> dict[str, Any]:
    return {f"{name}_mean": rms.mean, f"{name}_var": rms.var, f"{name}_count": rms.count}


def _set_normalizer(model: BaseAlgorithm, data: Mapping[str, Any]) -> None:
    venv = model.get_vec_normalize_env()
    assert isinstance(venv, VecNormalize)
    for name in ("ret", "obs"):
        if f"{name}_mean" in data:
            rms: RunningMeanStd = getattr(venv, f"{name}_rms")
            rms.mean, rms.var = data[f"{name}_mean"], data[f"{name}_var"]
            rms.count = float(data[f"{name}_count"])
    if data["returns"].shape == venv.returns.shape:
        venv.returns = data["returns"]


def _save_replay(path: Path, buffer: ReplayBuffer) -> None:
    """Write the filled part; observations are the bulk, and are not compressed: time counts."""
    n = buffer.buffer_size if buffer.full else buffer.pos
    arrays = {name: getattr(buffer, name)[:n] for name in _REPLAY if hasattr(buffer, name)}
    np.savez(path, pos=buffer.pos, full=buffer.full, **arrays)


def _load_replay(path: Path, buffer: ReplayBuffer) -> None:
    with np.load(path, allow_pickle=False) as data:
        for name in _REPLAY:
            if name in data.files:
                array = data[name]
                getattr(buffer, name)[: len(array)] = array
        buffer.pos, buffer.full = int(data["pos"]), bool(data["full"])


def _parameters(model: BaseAlgorithm) -> dict[str, Any]:
    _, variables = model._get_torch_save_params()
    tensors = {name: attrgetter(name)(model) for name in variables}
    return {"parameters": model.get_parameters(), "variables": tensors}


def _set_parameters(model: BaseAlgorithm, data: Mapping[str, Any]) -> None:
    model.set_parameters(data["parameters"], exact_match=True, device=model.device)
    for name, tensor in data["variables"].items():
        attrgetter(name)(model).data.copy_(tensor)


def _counters(model: BaseAlgorithm) -> dict[str, Any]:
    episodes = [[e["r"], e["l"], e["t"]] for e in model.ep_info_buffer or ()]
    return {
        "counters": {k: getattr(model, k) for k in _COUNTERS if hasattr(model, k)},
        "episodes": episodes,
        "successes": [bool(s) for s in model.ep_success_buffer or ()],
    }


def _set_counters(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    for name, value in state["counters"].items():
        setattr(model, name, value)
    size = model._stats_window_size
    episodes = [{"r": r, "l": n, "t": t} for r, n, t in state["episodes"]]
    model.ep_info_buffer = deque(episodes, maxlen=size)
    model.ep_success_buffer = deque(state["successes"], maxlen=size)


def random_state() -> dict[str, Any]:
    """Return the states of Python's, numpy's and torch's global generators."""
    version, words, gauss = random.getstate()
    kind, keys, pos, has_gauss, cached = np.random.get_state()
    return {
        "python": [version, list(words), gauss],
        "numpy": [str(kind), np.asarray(keys).astype(np.int64), int(pos), int(has_gauss), cached],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Restore `random_state`."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def _sync(folder: Path) -> None:
    for file in folder.iterdir():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
