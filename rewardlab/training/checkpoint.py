"""Everything from which training goes on, in files that hold tensors and numbers, never pickle.

```
checkpoints/000000020480/
  model.npz       networks and optimisers
  state.npz       counters, random states, shapers, logs
  normalize.npz   running means of VecNormalize
  replay.npz      replay buffer
```
A checkpoint is written beside its place and renamed, so whatever kills the process leaves whole
ones only; the last two are kept. Environments are not saved: at each checkpoint all of them start
new episodes, seeded by run seed and step, in the run that goes on as in the one that is resumed,
so both see the same.
"""

from __future__ import annotations

import os
import random
import re
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
from rewardlab.training import arrays, tensors
from rewardlab.training.replay import ShapedNStepReplayBuffer, ShapedReplayBuffer

KEEP = 2
"""How many checkpoints stay."""

_COUNTERS = (
    "num_timesteps", "_n_updates", "_episode_num", "_current_progress_remaining",
    "_n_calls", "exploration_rate",
)  # fmt: skip
_NAME = re.compile(r"[0-9]{12,}\+*")
_MOMENTS = ("mean", "var", "count")
_REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
_EXTRA = "extra_"


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
        tensors.save(part / "model.npz", _parameters(model))
        tensors.save(part / "state.npz", {**_counters(model), "random": random_state(), **extra})
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
    return sorted(p for p in folder.glob("[0-9]*") if _NAME.fullmatch(p.name) and p.is_dir())


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
        state = tensors.load(path / "state.npz")
        _set_parameters(model, tensors.load(path / "model.npz"))
        if model.get_vec_normalize_env() is not None:
            shape = model.observation_space.shape or ()
            _set_normalizer(model, load_normalizer(path / "normalize.npz", shape))
        if isinstance(model, OffPolicyAlgorithm) and model.replay_buffer is not None:
            _load_replay(path / "replay.npz", model.replay_buffer)
        _set_counters(model, state)
        set_random_state(state["random"])
    except OSError as error:
        raise storage_error(path, error) from error
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
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
    arrays.save(path, data)


def load_normalizer(path: Path, shape: tuple[int, ...]) -> dict[str, Any]:
    """Read what `save_normalizer` wrote for observations of a shape.

    Raises:
        StorageError: It is damaged, or no such normaliser.
    """
    data = arrays.load(path)
    shapes = {"obs_mean": shape, "obs_var": shape, "returns": (len(data.get("returns", ())),)}
    for name, array in data.items():
        signed = name in ("ret_mean", "obs_mean", "returns")
        if array.shape != shapes.get(name, ()):
            raise StorageError(f"{path} does not fit the run: {name} has the shape {array.shape}")
        if np.isnan(array).any() or not (signed or (array >= 0).all()):
            raise StorageError(f"{path} is damaged: {name} has values that cannot be")
    if missing := {"epsilon", "clip_obs", "returns"} - data.keys():
        raise StorageError(f"{path} is damaged: it has no {', '.join(sorted(missing))}")
    return data


def _moments(name: str, rms: RunningMeanStd) -> dict[str, Any]:
    return {f"{name}_{moment}": getattr(rms, moment) for moment in _MOMENTS}


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
    filled = {name: column[:n] for name, column in _columns(buffer).items()}
    arrays.save(path, {"pos": buffer.pos, "full": buffer.full, **filled})


def _columns(buffer: ReplayBuffer) -> dict[str, Any]:
    """Return the arrays of a replay buffer by name; where it shapes rewards, as they came."""
    found = {name: getattr(buffer, name) for name in _REPLAY if hasattr(buffer, name)}
    if isinstance(buffer, ShapedReplayBuffer | ShapedNStepReplayBuffer):
        extras = {f"{_EXTRA}{name}": column for name, column in buffer.extras.items()}
        return found | {"rewards": buffer.rewards.stored} | extras
    return found


def _load_replay(path: Path, buffer: ReplayBuffer) -> None:
    data = arrays.load(path)
    pos, full = int(data["pos"]), bool(data["full"])
    n = buffer.buffer_size if full else pos
    if isinstance(buffer, ShapedReplayBuffer | ShapedNStepReplayBuffer):
        kept = [name for name in data if name.startswith(_EXTRA)]
        buffer.extras = {k.removeprefix(_EXTRA): np.zeros(buffer.dones.shape) for k in kept}
    for name, place in _columns(buffer).items():
        if not 0 <= n <= len(place) or data[name].shape != (n, *place.shape[1:]):
            raise ValueError(f"the replay buffer's {name} do not fit the run")
        place[:n] = data[name]
    buffer.pos, buffer.full = pos, full


def _parameters(model: BaseAlgorithm) -> dict[str, Any]:
    _, variables = model._get_torch_save_params()
    tensors = {name: attrgetter(name)(model) for name in variables}
    return {"parameters": model.get_parameters(), "variables": tensors}


def _set_parameters(model: BaseAlgorithm, data: Mapping[str, Any]) -> None:
    model.set_parameters(data["parameters"], exact_match=True, device=model.device)
    for name in model._get_torch_save_params()[1]:
        attrgetter(name)(model).data.copy_(data["variables"][name])


def _counters(model: BaseAlgorithm) -> dict[str, Any]:
    episodes = [[e["r"], e["l"], e["t"]] for e in model.ep_info_buffer or ()]
    return {
        "counters": {k: getattr(model, k) for k in _COUNTERS if hasattr(model, k)},
        "episodes": episodes,
        "successes": [bool(s) for s in model.ep_success_buffer or ()],
    }


def _set_counters(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    for name in _COUNTERS:
        if hasattr(model, name):
            kind = type(getattr(model, name))
            setattr(model, name, kind(state["counters"][name]))
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
