"""Training a prepared run to its end, from wherever it stands."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rewardlab.config import RunConfig
from rewardlab.envs.tasks import Task
from rewardlab.errors import (
    ProgramRefused,
    RewardFault,
    SandboxError,
    ShaperFault,
    StorageError,
    UsageError,
)
from rewardlab.shapers.base import Shaper
from rewardlab.store.files import storage_error, write_json
from rewardlab.training import algorithms
from rewardlab.training.locked import check_lockdown, train_locked
from rewardlab.training.named import shaper_of
from rewardlab.training.run import Run
from rewardlab.training.tasks import task_of

if TYPE_CHECKING:
    from rewardlab.policies import MoeCallback


def fit(
    run: Run,
    *,
    task: Task | None = None,
    shaper: Shaper | str | None = None,
    progress: bool = False,
) -> Run:
    """Train a prepared run to its end, from its newest checkpoint if it has one.

    Args:
        run: The run; one with `lockdown` is trained by a process of its own that is locked down.
        task: Its task, if that cannot be built from its id, or needs a module.
        shaper: The shaper it was prepared with, unless that is named in its settings.
        progress: Show progress on stderr.

    Raises:
        RewardFault: The reward program failed; recorded in `run.json`.
        KeyboardInterrupt: Ctrl-C; the message says how to go on.
        StorageError: The disk is full, or the newest checkpoints cannot be read.
        SandboxError: The jail of reward programs, or the lock of the trainer, does not work.
    """
    task = task or task_of(run)
    if not run.config.lockdown:
        return fit_here(run, task, shaper=shaper, progress=progress)
    check_lockdown(run.config.task, shaper)
    train_locked(run, progress=progress)
    return run


def fit_here(
    run: Run,
    task: Task,
    *,
    shaper: Shaper | str | None = None,
    progress: bool = False,
    before_learning: Callable[[], None] | None = None,
) -> Run:
    """Train in this very process.

    Args:
        run: As for `fit`.
        task: Its task.
        shaper: As for `fit`.
        progress: As for `fit`.
        before_learning: Called when everything is built and started, just before learning.

    Raises:
        RewardlabError: What `fit` raises, and so do other exceptions.
    """
    _check_scene(run, task)
    built = shaper_of(run, task, shaper)
    run.claim()
    try:
        with _one_thread():
            _learn(run, task, built, progress, before_learning)
    except KeyboardInterrupt as stop:
        run.release("interrupted", reason="stopped by its user")
        at_once = f"interrupted; go on with: rewardlab train --resume {run.path}"
        raise KeyboardInterrupt(*(stop.args or (at_once,))) from None
    except RewardFault as fault:
        run.release("failed", reason=str(fault), fault=fault.record)
        raise
    except OSError as error:
        _failed(run, str(error))
        raise storage_error(run.path, error) from error
    except BaseException as error:
        _failed(run, str(error) or type(error).__name__)
        raise
    run.release("finished", reason=None)
    return run


def _check_scene(run: Run, task: Task) -> None:
    if run.record.get("scene_hash", task.scene.hash) != task.scene.hash:
        raise UsageError(
            f"the scene of {task.id} is not the one that run {run.id} was made with: its rewards "
            "would mean something else; start a new run"
        )


def _learn(
    run: Run,
    task: Task,
    shaper: Shaper | None,
    progress: bool,
    before_learning: Callable[[], None] | None,
) -> None:
    # these import torch, which preparing a run does not need
    from stable_baselines3.common.callbacks import BaseCallback

    from rewardlab.training.attach import ShaperCallback
    from rewardlab.training.callbacks import Schedule
    from rewardlab.training.held import keep_record
    from rewardlab.training.policies import save_policy
    from rewardlab.training.progress import ProgressBar
    from rewardlab.training.session import Solved, Stop, interrupts, open_session
    from rewardlab.training.versions import versions

    write_json(run.path / "versions.json", versions())
    keep_record(run)
    with (
        contextlib.ExitStack() as stack,
        interrupts() as asked,
        open_session(run, task, shaper) as session,
    ):
        model, n = session.model, session.config.n_timesteps
        callbacks: list[BaseCallback] = [ShaperCallback(*session.shaped), session.mixtures]
        schedule = Schedule(session, asked)
        stack.callback(schedule.close)
        if progress:
            bar = ProgressBar(n, session.logger)
            schedule.on_evaluation = bar.evaluated
            stack.callback(bar.close)
            callbacks.append(bar)
        schedule.open()
        if before_learning is not None:
            before_learning()
        try:
            model.learn(
                max(n - model.num_timesteps, 0),
                callback=[schedule, *callbacks],
                log_interval=log_interval(session.config),
                reset_num_timesteps=False,
            )
        except (RewardFault, ShaperFault, ProgramRefused, SandboxError):
            schedule.save()
            raise
        except Solved:
            pass
        except Stop:
            raise KeyboardInterrupt(
                f"stopped at {model.num_timesteps:,} of {n:,} steps; go on with: "
                f"rewardlab train --resume {run.path}"
            ) from None
        if session.config.eval_freq:
            schedule.evaluate()
        session.mixtures.finish()
        session.logger.dump(model.num_timesteps)
        schedule.save()
        _forget_measures(run)
        _save_choices(run, session.mixtures)
        save_policy(run.path / "final", model)


def log_interval(config: RunConfig) -> int:
    """Return after how many rollouts (on-policy) or episodes (off-policy) a row is logged."""
    return 1 if algorithms.algorithm(config.algo).on_policy else 2 * config.n_envs


def _forget_measures(run: Run) -> None:
    """Remove what was measured and filmed of an earlier final policy, which is replaced."""
    for name in ("evaluation.json", "video.mp4"):
        (run.path / name).unlink(missing_ok=True)


def _save_choices(run: Run, mixtures: MoeCallback) -> None:
    """Write which experts a mixture chose along training, where there is one."""
    from rewardlab.training import tensors

    if mixtures.choices:
        tensors.save(run.path / "moe.npz", mixtures.history())


def _failed(run: Run, reason: str) -> None:
    with contextlib.suppress(StorageError):  # the disk may be full: the first error is the news
        run.release("failed", reason=reason)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: small networks are slower on two."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
