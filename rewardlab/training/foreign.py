"""Models that Stable-Baselines3 saved: a `.zip` of pickles, which may do anything when read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from rewardlab.errors import StorageError, UntrustedFile, UsageError
from rewardlab.training import algorithms
from rewardlab.training.policies import Policy
from rewardlab.training.run import is_model_file

MAX_BYTES = 2_000_000_000
"""Of all members of a model's archive together, unpacked."""
_MODULES = {
    "stable_baselines3.sac.policies": "sac",
    "stable_baselines3.td3.policies": "td3",
    "stable_baselines3.dqn.policies": "dqn",
    "rewardlab.policies.sb3.sac": "sac",
    "rewardlab.policies.sb3.td3": "td3",
    "rewardlab.policies.sb3.dqn": "dqn",
    "sb3_contrib.tqc.policies": "tqc",
    "sb3_contrib.crossq.policies": "crossq",
}

_ON_POLICY = ("stable_baselines3.common.policies", "rewardlab.policies.sb3.on_policy")


def load_foreign(
    path: Path, *, trust_pickle: bool, algo: str = "auto", vec_normalize: Path | None = None
) -> Policy:
    """Load a model that Stable-Baselines3 saved.

    Args:
        path: Its `.zip`.
        trust_pickle: Accept that whoever made the file can run code here.
        algo: As in `train`; `"auto"` goes by what the file says.
        vec_normalize: The `vecnormalize.pkl` saved beside it, if observations were normalised.

    Raises:
        UntrustedFile: Without `trust_pickle`; nothing of the file has been read.
        StorageError: No such file, or it cannot be loaded.
        UsageError: It does not say which algorithm it is of.
    """
    if not trust_pickle:
        raise UntrustedFile(vec_normalize or path)
    if not is_model_file(path):
        raise StorageError(f"{path} is no model: expected a .zip that Stable-Baselines3 saved")
    cls: Any = algorithms.algorithm_class(_algorithm(path) if algo == "auto" else algo)
    off_policy = not algorithms.algorithm(cls.__name__).on_policy
    unused = {"learning_rate": 0.0, "lr_schedule": _zero, "clip_range": _zero}
    try:
        model = cls.load(
            path,
            device="cpu",
            custom_objects=unused,
            **({"buffer_size": 1, "optimize_memory_usage": False} if off_policy else {}),
        )
        normalizer = _normalizer(vec_normalize) if vec_normalize else None
    except Exception as error:  # a pickle may raise anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise StorageError(f"{vec_normalize or path} cannot be loaded ({why})") from error
    model.policy.set_training_mode(False)
    return Policy(model.policy, normalizer, model.num_timesteps)


def _algorithm(path: Path) -> str:
    """Return the algorithm that a model's own description leads to; nothing is unpickled."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"it unpacks to more than {MAX_BYTES:,} bytes")
            data = json.loads(archive.read("data"))
            module = str(data["policy_class"]["__module__"])
    except (OSError, zipfile.BadZipFile, LookupError, TypeError, ValueError) as error:
        raise StorageError(f"{path} is no model of Stable-Baselines3 ({error})") from error
    if module in _ON_POLICY:
        return "ppo" if "clip_range" in data else "a2c"
    if module not in _MODULES:
        raise UsageError(
            f"{path} does not say which algorithm it is of ({module[:80]}): give --algo, "
            f"one of {', '.join(algorithms.ALGORITHMS)}"
        )
    return _MODULES[module]


def _normalizer(path: Path) -> dict[str, Any] | None:
    """Unpickle SB3's `VecNormalize`: only after its user accepted that."""
    import pickle

    saved: Any = pickle.loads(path.read_bytes())
    if not saved.norm_obs:
        return None
    return {
        "obs_mean": saved.obs_rms.mean,
        "obs_var": saved.obs_rms.var,
        "epsilon": saved.epsilon,
        "clip_obs": saved.clip_obs,
    }


def _zero(_: float) -> float:
    return 0.0
