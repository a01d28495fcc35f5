"""Environments, algorithm and logger of a run, ready to learn from where it stands."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from rewardlab.config import RunConfig
from rewardlab.envs.seeding import child_seed
from rewardlab.envs.tasks import Task
from rewardlab.errors import StorageError
from rewardlab.policies.sb3.callback import MoeCallback
from rewardlab.shapers.base import Shaper
from rewardlab.shapers.identity import check_identities, identity
from rewardlab.shapers.plain import NativeShaper, SparseShaper
from rewardlab.shapers.program import AddedProgram, ProgramShaper
from rewardlab.shapers.program_potential import ProgramPotential
from rewardlab.store.files import write_json
from rewardlab.training import algorithms, checkpoint, experts
from rewardlab.training.attach import check_algorithm
from rewardlab.training.held import keep_certificate, keep_record
from rewardlab.training.logs import RunLogger
from rewardlab.training.normalized import normalized
from rewardlab.training.replay import relabel
from rewardlab.training.run import Run
from rewardlab.training.shaped import ShapedVecEnv
from rewardlab.training.spaces import spaces_json
from rewardlab.training.tasks import has_success
from rewardlab.training.venv import make_venv


@dataclass
class Session:
    """A run in memory.

    Attributes:
        run: The run.
        config: Its configuration.
        task: Its task.
        model: The algorithm, restored from the newest checkpoint if there is one.
        logger: Writes the curves.
        shaped: The shaping environments, innermost first.
        memory: What the schedule remembers: last evaluation, last checkpoint, best score …
        mixtures: What looks at mixtures of experts along training.
    """

    run: Run
    config: RunConfig
    task: Task
    model: BaseAlgorithm
    logger: RunLogger
    shaped: list[ShapedVecEnv]
    memory: dict[str, Any] = field(default_factory=dict)
    mixtures: MoeCallback = field(default_factory=MoeCallback)

    @property
    def venv(self) -> VecEnv:
        """The training environments."""
        venv = self.model.get_env()
        assert venv is not None
        return venv

    def save(self) -> None:
        """Write a checkpoint."""
        extra = {
            "logger": self.logger.state_dict(),
            "shaped": [venv.state_dict() for venv in self.shaped],
            "shapers": [identity(venv.shaper) for venv in self.shaped],
            "memory": self.memory,
            "mixtures": self.mixtures.state_dict(),
        }
        checkpoint.save(self.run.path / "checkpoints", self.model, extra)
        self.run.update(steps=self.model.num_timesteps)
        keep_record(self.run, self.shaped)
        keep_certificate(self.run, self.shaped)

    def seed(self) -> None:
        """Fix what comes next by the run's seed and the step, and nothing before."""
        seed = child_seed(self.config.seed, self.model.num_timesteps)
        self.venv.seed(seed)
        self.model.action_space.seed(seed)

    def restart(self) -> None:
        """Let all environments start new episodes, as a resumed run does."""
        self.seed()
        model: Any = self.model
        model._last_obs = self.venv.reset()
        model._last_episode_starts = np.ones(self.venv.num_envs, np.bool_)
        normalizer = model.get_vec_normalize_env()
        if normalizer is not None:
            model._last_original_obs = normalizer.get_original_obs()
        if model.action_noise is not None:
            model.action_noise.reset()


@contextlib.contextmanager
def open_session(run: Run, task: Task, shaper: Shaper | None) -> Iterator[Session]:
    """Build what a run needs, in the state of its newest whole checkpoint."""
    config = run.config
    with contextlib.ExitStack() as stack:
        venv, shaped = _environments(run, config, task, shaper, stack)
        model = algorithms.build(config, venv, experts.policy_kwargs(run))
        if shaper is not None:
            check_algorithm(shaper, model)
            if isinstance(model, OffPolicyAlgorithm):
                relabel(model, shaped[-1].checked)
        write_json(run.path / "spaces.json", spaces_json(model))
        state = _restore(run, model)
        run.cut_evaluations(model.num_timesteps)
        logger = RunLogger(run.path, model.num_timesteps)
        stack.callback(logger.close)
        model.set_logger(logger)
        logger.sources += [venv.take_means for venv in shaped]
        session = Session(run, config, task, model, logger, shaped)
        if state:
            _remember(session, state)
        for shaping in shaped:
            shaping.state_dict()  # what no checkpoint can hold is said now, not after hours
        session.seed()
        yield session


def _remember(session: Session, state: Mapping[str, Any]) -> None:
    """Restore what a checkpoint holds beside the algorithm."""
    try:
        session.logger.load_state_dict(state["logger"])
        session.memory.update(state["memory"])
        if "mixtures" in state:  # runs of earlier versions have none
            session.mixtures.load_state_dict(state["mixtures"], session.model.policy)
        shapers = [venv.shaper for venv in session.shaped]
        check_identities(state.get("shapers", ()), shapers, f"run {session.run.id}")
        for venv, saved in zip(session.shaped, state["shaped"], strict=True):
            venv.load_state_dict(saved)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise StorageError(
            f"the newest checkpoint of run {session.run.id} does not fit the run: {error}"
        ) from error


def _environments(
    run: Run,
    config: RunConfig,
    task: Task,
    shaper: Shaper | None,
    stack: contextlib.ExitStack,
) -> tuple[VecEnv, list[ShapedVecEnv]]:
    venv = make_venv(
        task,
        n_envs=config.n_envs,
        seed=child_seed(config.seed, 0),
        native_reward=config.native_reward,
        vec_env=config.vec_env,
        sealed=config.lockdown,
        sandbox=config.sandbox,
        engine=config.engine,
    )
    stack.callback(lambda: venv.close())
    gamma = algorithms.known_discount(config.hyperparameters)
    on_policy = algorithms.algorithm(config.algo).on_policy
    shaped: list[ShapedVecEnv] = []
    for part in [*rewards_of(run, config, task), shaper]:
        if part is not None:
            venv = ShapedVecEnv(
                venv,
                part,
                gamma=gamma,
                seed=config.seed,
                log_env=config.native_reward,
                pays=on_policy or part is not shaper,
                fault_file=run.path / "shaper_fault.npz",
            )
            shaped.append(venv)
    replays = shaper is not None and not on_policy
    return normalized(venv, run, shaped, gamma=gamma, replays=replays), shaped


def rewards_of(run: Run, config: RunConfig, task: Task) -> list[Shaper]:
    """Return what makes the reward of a run, the innermost first."""
    if config.reward == "sparse":
        return [SparseShaper()]
    if config.reward != "program":
        return [NativeShaper()]
    program = run.program
    if program is None:
        raise StorageError(f"run {run.id} has lost its program.py")
    from rewardlab.sandbox.runner import RewardRunner

    # Risks are accepted by whoever trains, not by a folder that anybody may have written.
    runner = RewardRunner(
        program,
        task.scene,
        on_fault=config.on_reward_fault,
        sandbox=config.sandbox,
    )
    base = SparseShaper() if has_success(task) else NativeShaper()
    if config.shaping == "add":
        return [base, AddedProgram(runner)]
    if config.shaping == "potential":
        return [base, ProgramPotential(runner)]
    return [ProgramShaper(runner)]


def _restore(run: Run, model: BaseAlgorithm) -> dict[str, Any] | None:
    """Restore the newest checkpoint that can be read; `None` if there is none at all."""
    whole = checkpoint.checkpoints(run.path / "checkpoints")
    for i, path in enumerate(reversed(whole)):
        try:
            return checkpoint.restore(path, model)
        except StorageError:
            if i == len(whole) - 1:
                raise
    return None


class Stop(Exception):
    """Somebody asked for the end of training."""


class Solved(Exception):
    """The success that was asked for is reached."""


@contextlib.contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C (or SIGTERM) into an event, so that training ends at a whole step.

    A second one interrupts at once. Outside the main thread signals cannot be caught and stay
    as they are.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    old = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
