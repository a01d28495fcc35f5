"""Any registered Gymnasium environment as a task, `gym/<EnvId>`, with no code.

With a MuJoCo model the scene is derived from it; otherwise it is the observation, whose entries a
small YAML file may name (`task("gym/CartPole-v1", config="cartpole.yaml")`). An environment of
your own is `gym/<module>:<EnvId>`, where importing the module registers it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from rewardlab.envs import simulator
from rewardlab.envs.anygym.config import GymConfig, parse_config, read_config
from rewardlab.envs.anygym.model import actuator_names, derive
from rewardlab.envs.recording import SceneReader, SceneRecorder
from rewardlab.envs.scene import Array, with_obs
from rewardlab.envs.tasks import Task, TaskEntry, horizon_of
from rewardlab.errors import UnknownName, UsageError
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec

HORIZON = 1000
"""Steps per episode where neither the user nor the environment says."""


def entries() -> Iterator[TaskEntry]:
    """Yield nothing: any registered id is a task."""
    return iter(())


def build(
    name: str,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    horizon: int | None = None,
) -> Task:
    """Return a task.

    Args:
        name: A registered environment id, or `<module>:<id>`.
        config: A YAML file, or what it holds: `goal`, `fields`, `success`, `horizon`.
        horizon: Steps per episode; by default the file's, else the environment's own limit.

    Raises:
        UnknownName: No such environment; names the closest ones.
        ConfigError: The file or an option cannot be used.
        UsageError: The environment cannot be built, or has spaces that are not supported.
    """
    data = read_config(config)
    where = str(config) if isinstance(config, str | Path) else "config"
    env = _make_raw(name, None)
    try:
        parsed = parse_config(data, n_obs=_n_obs(name, env), where=where)
        view = _view(name, env, parsed)
        limit = horizon_of(horizon, parsed.horizon or _own_limit(env) or HORIZON)
    finally:
        env.close()
    id = f"gym/{name}"
    options = {"config": data} if data else {}
    return Task(
        id=id,
        suite="gym",
        goal=parsed.goal,
        scene=view.schema,
        success=f"{parsed.success} (the user's predicate)" if parsed.success else None,
        oracle=f"the reward of {name}",
        env_id=name,
        horizon=limit,
        make=partial(_make, name, limit, parsed),
        success_program=_predicate(parsed.success, view.schema, id),
        tips=view.tips,
        options=options | ({"horizon": horizon} if horizon else {}),
    )


class _View(NamedTuple):
    """What programs see of an environment.

    Attributes:
        schema: The scene.
        read: Reads it.
        tips: Facts about it.
    """

    schema: Schema
    read: SceneReader
    tips: tuple[str, ...]


def _make(
    name: str,
    horizon: int,
    config: GymConfig,
    *,
    seed: int | None,
    render_mode: str | None,
    native_reward: bool,
) -> gym.Env[Any, Any]:
    env = _make_raw(name, render_mode)
    view = _view(name, env, config)
    episode = simulator.Episode(env, horizon=horizon, seed=seed, native_reward=native_reward)
    return SceneRecorder(episode, view.schema, view.read)


def _make_raw(name: str, render_mode: str | None) -> gym.Env[Any, Any]:
    simulator.prepare()
    _import_module(name)
    options = {"render_mode": render_mode} if render_mode else {}  # not every one has it
    try:
        env: gym.Env[Any, Any] = gym.make(
            name, max_episode_steps=-1, disable_env_checker=True, **options
        )
    except gym.error.DependencyNotInstalled as error:
        raise UsageError(f"gym/{name} needs a package that is not installed: {error}") from error
    except gym.error.UnregisteredEnv as error:
        module, colon, _ = name.rpartition(":")
        known = [f"gym/{module}{colon}{id}" for id in gym.registry]
        raise UnknownName("task", f"gym/{name}", known, f"({error})") from error
    except Exception as error:  # an environment may raise anything
        raise UsageError(f"gym/{name} cannot be built: {type(error).__name__}: {error}") from error
    if simulator.has_model(env.unwrapped):
        simulator.prepare(render_mode)
        simulator.fast_rendering(env.unwrapped)
    return env


def _import_module(name: str) -> None:
    """Import the module before the colon, which registers the environment, if there is one."""
    module, colon, _ = name.partition(":")
    if not colon:
        return
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # an installed command does not look where it is called
    try:
        import_module(module)
    except Exception as error:  # a module may raise anything
        raise UsageError(
            f"gym/{name}: cannot import {module!r} ({type(error).__name__}: {error}); "
            "call from the folder that holds it, or name that folder in PYTHONPATH"
        ) from error


def _own_limit(env: gym.Env[Any, Any]) -> int | None:
    return gym.spec(env.spec.id).max_episode_steps if env.spec else None


def _n_obs(name: str, env: gym.Env[Any, Any]) -> int:
    space = env.observation_space
    if not isinstance(space, gym.spaces.Box):
        raise UsageError(
            f"gym/{name} observes a {type(space).__name__}; only Box observations are supported: "
            "wrap it, e.g. with gymnasium.wrappers.FlattenObservation, and register the result"
        )
    if len(space.shape) >= 2 and space.dtype == np.uint8:
        raise UsageError(f"gym/{name} observes images {space.shape}; only numbers are supported")
    return int(np.prod(space.shape))


def _view(name: str, env: gym.Env[Any, Any], config: GymConfig) -> _View:
    bare: Any = env.unwrapped
    n_obs = _n_obs(name, env)
    dt, known = _dt(bare)
    tips = () if known else ("The length of a step is not known: time counts steps.",)
    named = tuple(field.spec for field in config.fields)
    if simulator.has_model(bare):
        derived = derive(bare.model)
        root = EntitySpec("Scene", f"The MuJoCo model of {name}.", named, derived.groups)
        names, size, inner = actuator_names(bare.model), derived.size, derived.reader(bare)
    else:
        root = EntitySpec("Scene", f"What {name} lets one observe.", named)
        names, size, inner = (), 0, None
    schema = Schema(with_obs(root, n_obs), _action(name, env.action_space, names), dt)
    return _View(schema, _with_obs(inner, size, config), tips)


def _with_obs(inner: SceneReader | None, size: int, config: GymConfig) -> SceneReader:
    """Return a reader that appends the named entries and the whole of the observation."""
    index = np.array([i for field in config.fields for i in field.index], dtype=np.intp)
    stop = size + len(index)

    def read(obs: Any, out: Array) -> None:
        if inner is not None:
            inner(obs, out)
        flat = np.ravel(obs)
        out[size:stop] = flat[index]
        out[stop:] = flat

    return read


def _action(name: str, space: gym.Space[Any], names: tuple[str, ...]) -> ActionSpec:
    if isinstance(space, gym.spaces.Discrete):
        return ActionSpec(1, discrete=int(space.n))
    if isinstance(space, gym.spaces.Box):
        size = int(np.prod(space.shape))
        return ActionSpec(size, names=names if len(names) == size else ())
    raise UsageError(
        f"gym/{name} acts in a {type(space).__name__}; only Box and Discrete are supported"
    )


def _dt(bare: Any) -> tuple[float, bool]:
    """Return the seconds between control steps, and whether they are known."""
    for name in ("dt", "tau"):
        value = getattr(bare, name, None)
        if isinstance(value, int | float) and value > 0:
            return float(value), True
    fps = getattr(bare, "metadata", {}).get("render_fps")
    return (1.0 / fps, True) if fps else (1.0, False)


def _predicate(expression: str, schema: Schema, task_id: str) -> Any:
    if not expression:
        return None
    from rewardlab.program.predicate import predicate_program

    return predicate_program(expression, schema, task_id)
