"""What a run is asked to do: frozen dataclasses, YAML in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from rewardlab.errors import ConfigError, closest
from rewardlab.store.files import write_text

MAX_YAML_BYTES, MAX_YAML_VALUES = 1_000_000, 100_000
"""What a YAML file may hold, aliases spelled out."""

OnRewardFault = Literal["stop", "zero"]
Sandbox = Literal["auto", "require"]
Engine = Literal["python", "envpool"]
Shaping = Literal["replace", "add", "potential"]


@dataclass(frozen=True)
class RunConfig:
    """Everything that, with the program, reproduces a training run.

    Attributes:
        task: Task id.
        task_options: Options of the task, e.g. `{"horizon": 500}`.
        goal: The sentence that the run is about.
        reward: `"oracle"`, `"sparse"`, `"program"` (program.py in the run folder) or `"shaper"`.
        shaping: What a program does with the task's own reward (success where the task has it, else
            the native one): `"replace"` it, `"add"` to it, or be its `"potential"`.
        shaper: Name of a shaper over that reward, see `rewardlab.shapers.registry`; `""` for none.
        shaper_options: Its options.
        algo: SB3 algorithm in lower case, e.g. `"ppo"`.
        preset: Name of the tuned settings that `hyperparameters` were taken from.
        policy: SB3 policy name.
        policy_kwargs: Passed to the policy.
        hyperparameters: Passed to the algorithm's constructor.
        normalize: Keyword arguments of `VecNormalize`; `None` for no normalisation.
        n_timesteps: Environment steps over all environments.
        n_envs: Environments stepped together.
        vec_env: `"dummy"` (one process) or `"subproc"` (one process each).
        engine: What steps them in training: `"python"`, or `"envpool"` (C++, extra `fast`);
            evaluation is always in Python.
        seed: The one seed.
        device: Torch device.
        eval_freq: Environment steps between evaluations; 0 for none.
        eval_episodes: Episodes of each of them.
        until_success: Training ends when two evaluations in a row, on other episodes, find at
            least this share of success; 0 for never.
        checkpoint_freq: Environment steps between checkpoints; 0 for the last one only.
        native_reward: Record the environment's own reward beside a program's.
        on_reward_fault: `"stop"`, or `"zero"`: count, score 0, stop above 1 %.
        sandbox: `"require"` refuses below the full sandbox.
        allow_degraded_sandbox: Run programs of models and files although a layer is missing.
        lockdown: Lock the trainer too, see `rewardlab.sandbox.lockdown`.
    """

    task: str
    n_timesteps: int
    task_options: dict[str, Any] = field(default_factory=dict)
    goal: str = ""
    reward: str = "oracle"
    shaping: Shaping = "replace"
    shaper: str = ""
    shaper_options: dict[str, Any] = field(default_factory=dict)
    algo: str = "ppo"
    preset: str = "auto"
    policy: str = "MlpPolicy"
    policy_kwargs: dict[str, Any] = field(default_factory=dict)
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    normalize: dict[str, Any] | None = None
    n_envs: int = 8
    vec_env: Literal["dummy", "subproc"] = "dummy"
    engine: Engine = "python"
    seed: int = 0
    device: str = "auto"
    eval_freq: int = 0
    eval_episodes: int = 10
    until_success: float = 0.0
    checkpoint_freq: int = 0
    native_reward: bool = True
    on_reward_fault: OnRewardFault = "stop"
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: bool = False
    lockdown: bool = False

    def save(self, path: Path) -> None:
        """Write it as YAML.

        Raises:
            ConfigError: A value is more than numbers, text, lists and mappings of them.
        """
        import yaml

        try:
            text = yaml.safe_dump(asdict(self), sort_keys=False)
        except yaml.representer.RepresenterError as error:
            value = error.args[-1]
            raise ConfigError(
                f"settings must be numbers, text, lists or mappings, so that the run can be "
                f"repeated; got {value!r}"
            ) from error
        write_text(path, text)

    @classmethod
    def load(cls, path: Path) -> RunConfig:
        """Read it from YAML; an unknown key names the closest one."""
        return cls.from_mapping(read_yaml(path), str(path))

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], where: str = "config") -> RunConfig:
        """Build it from a mapping."""
        check_keys(data, [f.name for f in fields(cls)], where)
        kinds = get_type_hints(cls)
        for key, value in data.items():
            if not _fits(value, kinds[key]):
                raise ConfigError(f"{where}: {key} cannot be {_shown(value)}")
        try:
            return cls(**data)
        except TypeError as error:
            raise ConfigError(f"{where}: {error}") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        ConfigError: Missing, or not YAML (with the line), or not a mapping.
    """
    import yaml

    try:
        with path.open("rb") as file:
            text = file.read(MAX_YAML_BYTES + 1)  # a device has no size and no end
        if len(text) > MAX_YAML_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_YAML_BYTES:,} bytes")
        data = yaml.safe_load(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"cannot read {str(path)!r}: {reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(f"{path}{line}: {problem}") from error
    except (ValueError, RecursionError) as error:  # a date or number that is none, deep nesting
        raise ConfigError(f"{path}: {_shown(str(error))}") from error
    if _grows(data):
        raise ConfigError(f"{path}: holds more than {MAX_YAML_VALUES:,} values")
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines, got {type(data).__name__}")
    return data


def _grows(data: Any) -> bool:
    """Return whether aliases blow a small file up, or make it contain itself."""
    left, seen = [data], 0
    while left and seen <= MAX_YAML_VALUES:
        seen += 1
        value = left.pop()
        if isinstance(value, Mapping):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return bool(left)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value read from a file has the type of its field."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if isinstance(kind, UnionType):
        return any(_fits(value, k) for k in get_args(kind))
    kind = get_origin(kind) or kind
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _shown(value: Any) -> str:
    return repr(value)[:80]


def check_seed(seed: int) -> int:
    """Return a seed that all libraries take.

    Raises:
        ConfigError: It is none.
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ConfigError(f"a seed is a whole number from 0 to 2147483647, got {seed}")
    return seed


def check_keys(data: Mapping[str, Any], known: list[str], where: str) -> None:
    """Refuse unknown keys, naming the closest known one."""
    for key in data:
        if key not in known:
            close = closest(str(key), known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            raise ConfigError(f"{where}: unknown key {key!r}; {hint}")
