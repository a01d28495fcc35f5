"""What happens between rollouts: evaluation, checkpoints, and the end when somebody asks for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv

from rewardlab.envs.seeding import child_seed
from rewardlab.evaluation.rollouts import rollout
from rewardlab.training import checkpoint
from rewardlab.training.policies import Policy, save_policy
from rewardlab.training.session import Session, Solved, Stop
from rewardlab.training.venv import make_venv

EVAL_ENVS = 5
"""At most so many environments are built for evaluation."""


class Schedule(BaseCallback):
    """Evaluate and checkpoint where due, always between an update and the next rollout.

    There networks, optimisers and counters agree with each other, which they do not in the middle
    of a rollout or of an update.

    Args:
        session: The run.
        stop: Set when training is to end.
        on_evaluation: Called with each new row of `evaluations.jsonl`.
    """

    def __init__(
        self,
        session: Session,
        stop: threading.Event,
        on_evaluation: Callable[[dict[str, Any]], None] = lambda row: None,
    ) -> None:
        super().__init__()
        self._session, self._stop, self.on_evaluation = session, stop, on_evaluation
        self._venv: VecEnv | None = None
        self._started = time.monotonic()

    def open(self) -> None:
        """Build the environments of evaluation, if there will be one."""
        config = self._session.config
        if not config.eval_freq:
            return
        with preserved_random():
            self._venv = make_venv(
                self._session.task,
                n_envs=min(EVAL_ENVS, config.n_envs, config.eval_episodes),
                seed=self._seed,
                vec_env=config.vec_env,
                sealed=config.lockdown,
                sandbox=config.sandbox,
            )

    def save(self) -> None:
        """Write a checkpoint of this very state."""
        memory = self._session.memory
        memory["saved"] = self._session.model.num_timesteps
        memory["elapsed_s"] = self._elapsed
        self._session.save()

    def evaluate(self) -> None:
        """Measure the policy on fixed episodes and keep it if it is the best so far."""
        session, memory = self._session, self._session.memory
        step = session.model.num_timesteps
        if memory.get("evaluated") == step:
            return
        with preserved_random():
            row = self._measure(self._seed)
            if self._meets(row):
                row["confirmed"] = self._measure(child_seed(self._seed, 1))["success"]
        memory["solved"] = self._meets(row) and row["confirmed"] >= session.config.until_success
        session.run.add_evaluation(row)
        score = [row["success"] or 0.0, row["return_mean"]]
        if score >= memory.get("best", [-1.0, 0.0]):
            memory["best"] = score
            save_policy(session.run.path / "best", session.model)
        memory["evaluated"] = step
        for key in ("success", "return_mean"):
            if row[key] is not None:
                session.logger.record(f"eval/{key}", row[key])
        self.on_evaluation(row)

    def close(self) -> None:
        """Close the environments of evaluation."""
        if self._venv is not None:
            self._venv.close()

    def _on_training_start(self) -> None:
        # rates and times count from the start of the run, not of this process
        self.model.start_time -= int(self._session.memory.get("elapsed_s", 0.0) * 1e9)
        self.model._num_timesteps_at_start = 0

    def _on_rollout_start(self) -> None:
        config, step = self._session.config, self.model.num_timesteps
        if self._due("evaluated", config.eval_freq, step):
            self.evaluate()
            if self._session.memory.get("solved"):
                raise Solved
        if self._due("saved", config.checkpoint_freq, step):
            self.save()
            self._session.restart()
        if self._stop.is_set():
            if self._session.memory.get("saved") != step:
                self.save()
            raise Stop

    def _on_step(self) -> bool:
        return True

    def _due(self, what: str, freq: int, step: int) -> bool:
        return freq > 0 and step // freq > self._session.memory.get(what, 0) // freq

    @property
    def _seed(self) -> int:
        return child_seed(self._session.config.seed + 1, 0)

    @property
    def _elapsed(self) -> float:
        return (time.time_ns() - self._session.model.start_time) / 1e9

    def _meets(self, row: dict[str, Any]) -> bool:
        target = self._session.config.until_success
        return target > 0.0 and row["success"] >= target

    def _measure(self, seed: int) -> dict[str, Any]:
        session, config = self._session, self._session.config
        assert self._venv is not None
        policy = Policy.of(session.model)
        done = rollout(policy, self._venv, episodes=config.eval_episodes, seed=seed)
        return {
            "timesteps": session.model.num_timesteps,
            "episodes": len(done.returns),
            "success": done.success_rate,
            "success_ci": done.success_ci,
            "return_mean": float(done.returns.mean()),
            "return_std": float(done.returns.std()),
            "length_mean": float(done.lengths.mean()),
        }


@contextlib.contextmanager
def preserved_random() -> Iterator[None]:
    """Keep training's random numbers from depending on when it is evaluated."""
    state = checkpoint.random_state()
    try:
        yield
    finally:
        checkpoint.set_random_state(state)
