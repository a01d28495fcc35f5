"""Files that a stranger may have written: read, or refused in one line; nothing of them runs."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from rewardlab.config import RunConfig
from rewardlab.errors import RewardlabError
from rewardlab.program.program import RewardProgram
from rewardlab.training import arrays, tensors
from rewardlab.training.checkpoint import load_normalizer
from rewardlab.training.run import Run, list_runs
from tests.fuzz.crafted import archive
from tests.fuzz.oracles import Failure

MAX_MIB = 1024
_RUNS_CODE = (
    *("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen"),
    *("socket.connect", "os.fork", "builtins.input", "ctypes.dlopen"),
)
_ODD: list[Any] = [
    *(None, True, -1, 0, 1e308, 10**40, float("nan"), "", "a" * 5000, "\0", "../../etc/passwd"),
    *("\u202e\x1b[31m", [], {}, [[]], {"a": {}}, [None], "\ud800", -(2**63), "running", 2**31),
]
# fmt: off
_TOKENS = [
    b"\0", b"\xff", b"\xed\xa0\x80", b"\n", b"\t", b"{", b"}", b'"', b"[" * 3000,
    b"null", b"NaN", b"0x", b"1e999", b"9" * 5000, b"2026-99-99",
    # YAML
    b"!!python/object/apply:os.system ['true']", b"&a [*a]", b"*a", b": ", b"- ", b"? ",
    b"%TAG ! x", b"__import__('os')",
    # pickles, arrays and archives
    b"cos\nsystem\n(S'true'\ntR.", b"|O", b"'descr': '|O'", b"(1099511627776,)",
    b"\x93NUMPY\x01\x00\xff\xff", b"\x93NUMPY\x02\x00", b"PK\x05\x06",
]
# fmt: on


class Files:
    """Mangles files of every kind that rewardlab reads, one at a time.

    Args:
        folder: An empty folder to work in.
        models: Also whole policies, which needs torch's algorithms.
    """

    def __init__(self, folder: Path, *, models: bool = True) -> None:
        self.folder = folder
        self._good, self._work = folder / "good", folder / "work"
        self._make(models)
        self._paths = [p for p in sorted(self._good.rglob("*")) if p.is_file()]
        self._watching = False
        self._heard: list[str] = []
        sys.addaudithook(self._hear)

    def check(self, rng: Random) -> None:
        """Mangle one file and read everything that may hold it."""
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.copytree(self._good, self._work)
        for path in rng.sample(self._paths, rng.choice([1, 1, 1, 2])):
            data = mangle(path.read_bytes(), path.suffix, rng)
            (self._work / path.relative_to(self._good)).write_bytes(data)
        for name, reader in self._readers().items():
            self._read(name, reader)

    def _make(self, models: bool) -> None:
        config = RunConfig(task="gym/CartPole-v1", n_timesteps=64, n_envs=1)
        program = RewardProgram(
            "def compute_dense_reward(self, action):\n    return 1.0\n", "t", "g"
        )
        run = Run.create(self._good, config, program=program, name="run", command="train")
        Run.create(self._good, config, name="other")
        run.add_evaluation({"timesteps": 32, "success": 0.5, "return_mean": 1.0})
        run.add_evaluation({"timesteps": 64, "success": 1.0, "return_mean": 2.0})
        nested = {"a": np.arange(6.0).reshape(2, 3), "b": {"c": [1, 2.0, "x", None, (True,)]}}
        tensors.save(self._good / "state.npz", nested)
        moments = {f"obs_{k}": np.ones(4) for k in ("mean", "var")} | {"obs_count": 1.0}
        moments |= {"ret_mean": 0.0, "ret_var": 1.0, "ret_count": 2.0, "returns": np.zeros(1)}
        arrays.save(self._good / "normalize.npz", {**moments, "epsilon": 1e-8, "clip_obs": 10.0})
        if models:
            _save_policy(run)

    def _readers(self) -> dict[str, Callable[[], object]]:
        work = self._work
        return {
            "program": lambda: RewardProgram.load(work / "run" / "program.py").id,
            "config": lambda: RunConfig.load(work / "run" / "config.yaml"),
            "run": lambda: _use(Run.open(work / "run")),
            "runs": lambda: [_use(run) for run in list_runs(work)],
            "name": lambda: Run.open("run", out=work),
            "tensors": lambda: tensors.load(work / "state.npz"),
            "normalizer": lambda: load_normalizer(work / "normalize.npz", (4,)),
            **({"policy": self._policy} if (work / "run" / "final").exists() else {}),
        }

    def _policy(self) -> None:
        from rewardlab.training.policies import load_policy

        load_policy(Run(self._work / "run")).predict(np.zeros((1, 4), np.float32))

    def _read(self, name: str, reader: Callable[[], object]) -> None:
        before, self._heard, self._watching = _peak_mib(), [], True
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader()
        except (RewardlabError, OSError) as error:
            self._watching = False
            _check_told(name, error)
        except BaseException as error:
            raise Failure(f"file-{name}", f"{type(error).__name__}: {error}") from error
        finally:
            self._watching = False
        if self._heard:
            raise Failure(f"file-{name}-runs", self._heard[0])
        if _peak_mib() - before > MAX_MIB:
            raise Failure(f"file-{name}-memory", f"{_peak_mib() - before} MiB")

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._watching and event.startswith(_RUNS_CODE):
            self._heard.append(f"{event} {arguments!r}"[:200])


def _use(run: Run) -> None:
    repr(run), run.id, run.config, run.program, run.evaluations, run.status, run.record


def _check_told(name: str, error: Exception) -> None:
    if isinstance(error, OSError) and name not in ("tensors", "normalizer", "policy"):
        raise Failure(f"file-{name}", f"{type(error).__name__}: {error}")
    if isinstance(error, RewardlabError) and len(str(error)) > 20_000:
        raise Failure(f"file-{name}-told", str(error)[:100])


def mangle(data: bytes, suffix: str, rng: Random) -> bytes:
    """Return a file's content changed: JSON by value, archives as a whole, anything by bytes."""
    if suffix == ".npz" and rng.random() < 0.3:
        return archive(rng)
    if suffix == ".json" and rng.random() < 0.7:
        changed = change(json.loads(data), rng)
        return json.dumps(changed).encode("utf-8", "surrogatepass")
    for _ in range(rng.choice([1, 1, 2, 5])):
        at, n = rng.randrange(len(data) + 1), rng.choice([1, 2, 4, 16, 200])
        new = rng.choice([rng.choice(_TOKENS), rng.randbytes(n), data[at : at + n] * 2, b""])
        data = data[:at] + new + data[at + rng.choice([0, len(new), n]) :]
    return data[: rng.randrange(len(data) + 1)] if rng.random() < 0.1 else data


def change(value: Any, rng: Random) -> Any:
    """Return JSON with one part gone, or replaced by something odd."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            rest = {k: v for k, v in value.items() if k != key}
            return rest | {rng.choice(["x", "", "format"]): 1}
        return {**value, key: change(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        i = rng.randrange(len(value))
        return [*value[:i], change(value[i], rng), *value[i + 1 :]]
    return rng.choice(_ODD)


def _save_policy(run: Run) -> None:
    import gymnasium as gym
    from stable_baselines3 import PPO

    from rewardlab.store.files import write_json
    from rewardlab.training.policies import save_policy
    from rewardlab.training.spaces import spaces_json

    env = gym.make("CartPole-v1")
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=8, device="cpu")
    save_policy(run.path / "final", model)
    write_json(run.path / "spaces.json", spaces_json(model))


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
