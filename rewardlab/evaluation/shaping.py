"""What pays in a run or would pay on a task: shapers, built, bound and in their saved state."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rewardlab.config import Sandbox
from rewardlab.envs.tasks import Task
from rewardlab.errors import StorageError, UnknownName
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.capabilities import accept
from rewardlab.shapers.base import Shaper
from rewardlab.shapers.plain import NativeShaper, SparseShaper
from rewardlab.shapers.program import AddedProgram, ProgramShaper
from rewardlab.shapers.program_potential import ProgramPotential, usable
from rewardlab.shapers.registry import make
from rewardlab.training.run import Run
from rewardlab.training.tasks import has_success


@contextlib.contextmanager
def of_run(run: Run, task: Task) -> Iterator[list[Shaper]]:
    """Yield what pays in a run, the innermost first, as it was at the newest checkpoint."""
    from rewardlab.training import tensors
    from rewardlab.training.algorithms import known_discount
    from rewardlab.training.checkpoint import checkpoints
    from rewardlab.training.named import shaper_of
    from rewardlab.training.session import rewards_of

    config = run.config
    shapers = rewards_of(run, config, task)
    if (last := shaper_of(run, task)) is not None:
        shapers.append(last)
    gamma = known_discount(config.hyperparameters)
    with _bound(shapers, task, gamma=gamma, seed=config.seed, n_envs=config.n_envs):
        saved = checkpoints(run.path / "checkpoints")
        states = tensors.load(saved[-1] / "state.npz")["shaped"] if saved else []
        try:
            for shaper, state in zip(shapers, states, strict=bool(states)):
                shaper.load_state_dict(state["shaper"])
        except (TypeError, ValueError, LookupError) as error:
            raise StorageError(
                f"the newest checkpoint of run {run.id} does not fit the run: {error}"
            ) from error
        yield shapers


@contextlib.contextmanager
def of_task(
    task: Task,
    *,
    reward: str,
    shaping: str,
    shaper: str,
    options: Mapping[str, Any],
    gamma: float,
    seed: int = 0,
    sandbox: Sandbox = "auto",
    allow_degraded: bool = False,
) -> Iterator[list[Shaper]]:
    """Yield what would pay on a task, the innermost first, before anything is learned.

    Args:
        task: The task.
        reward: `oracle`, `sparse` or the path of a program.
        shaping: What a program does, see `RunConfig.shaping`.
        shaper: Name of a shaper over that, `""` for none.
        options: Its options.
        gamma: Discount.
        seed: Seeds the shapers.
        sandbox: See `RunConfig.sandbox`.
        allow_degraded: Run programs of files although a layer is missing.
    """
    if reward in ("oracle", "sparse"):
        shapers: list[Shaper] = [SparseShaper() if reward == "sparse" else NativeShaper()]
    else:
        shapers = _program(reward, shaping, task, sandbox, allow_degraded)
    if shaper:
        shapers.append(make(shaper, options, task))
    with _bound(shapers, task, gamma=gamma, seed=seed, n_envs=1):
        yield shapers


def _program(
    path: str, shaping: str, task: Task, sandbox: Sandbox, allow_degraded: bool
) -> list[Shaper]:
    from rewardlab.sandbox.runner import RewardRunner

    kinds = {"replace": ProgramShaper, "add": AddedProgram, "potential": ProgramPotential}
    if shaping not in kinds:
        raise UnknownName("shaping", shaping, kinds)
    program = RewardProgram.load(Path(path))
    if allow_degraded:
        accept(program)
    if shaping == "potential":
        usable(program, task.scene)
    made = kinds[shaping](RewardRunner(program, task.scene, sandbox=sandbox))
    if shaping == "replace":
        return [made]
    return [SparseShaper() if has_success(task) else NativeShaper(), made]


@contextlib.contextmanager
def _bound(
    shapers: list[Shaper], task: Task, *, gamma: float, seed: int, n_envs: int
) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for shaper in shapers:
            stack.callback(shaper.close)
        env = task.make_env(seed=0)
        stack.callback(env.close)
        spaces = env.observation_space, env.action_space
        for shaper in shapers:
            shaper.bind(*spaces, gamma=gamma, n_envs=n_envs, seed=seed)
        yield
