"""The work of a round: write a program, train on it, measure, and make the next of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rewardlab.design.asking import OnEvent
from rewardlab.design.fault import fault_of
from rewardlab.design.feedback import Feedback
from rewardlab.design.generate import credit, generate
from rewardlab.design.learning import accepted, learn
from rewardlab.design.refine import refine
from rewardlab.design.standing import before, number_of, waiting
from rewardlab.envs.tasks import Task
from rewardlab.errors import (
    CoderError,
    GoalNotUnderstood,
    ProgramRefused,
    RewardFault,
    RewardlabError,
)
from rewardlab.evaluation.evaluate import Evaluation, evaluate
from rewardlab.evaluation.report import report
from rewardlab.program.diff import program_diff
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json
from rewardlab.training.prepare import prepare
from rewardlab.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Work:
    """How the rounds of a goal are worked through.

    Attributes:
        task: The task.
        rounds: How many rounds.
        asking: Options that `generate` and `refine` share.
        showing: Further options of `generate`.
        measuring: Options of `evaluate`.
        facts: Entries of each run's `run.json`.
        progress: Show progress on stderr.
        tell: Told what happens.
    """

    task: Task
    rounds: int
    asking: Mapping[str, Any]
    showing: Mapping[str, Any]
    measuring: Mapping[str, Any]
    facts: Mapping[str, Any]
    progress: bool
    tell: OnEvent

    def done(self, run: Run) -> tuple[Run, Evaluation]:
        """Do what is still missing of a round.

        A program that fails while training goes back to its coder, as often as one that is refused.

        Returns:
            The run, or that of the repaired program, which took its place; with its evaluation.
        """
        for left in reversed(range(self.asking["max_repairs"] + 1)):
            self.tell("run", str(run.path))
            with resumable(run):
                try:
                    self._learn(run)
                    return run, self._measure(run)
                except RewardFault as fault:
                    if not left:
                        raise
                    run = self._repaired(run, fault)
        raise AssertionError

    def following(self, run: Run, said: Feedback) -> Run:
        """Return the run of the next round; a program made before a stop is not made again."""
        other = before(run)
        about = said.about(run.id, other.id if other else None)
        program = waiting(run)[1] or self._refined(run, about)
        return self._child(run, program, number_of(run) + 1)

    def _learn(self, run: Run) -> None:
        try:
            program = run.program or self._generated(run)
            verdict = accepted(
                program,
                self.task,
                seed=run.config.seed,
                sandbox=self.asking["sandbox"],
                allow_degraded=self.asking["allow_degraded"],
                on_event=self.tell,
            )
        except RewardlabError as error:
            run.release("failed", reason=str(error))
            if not (run.path / "llm").exists():
                shutil.rmtree(run.path)  # nothing was asked, nothing came: not worth a run
            raise
        write_json(run.path / "verdict.json", verdict.to_json())
        if run.status != "finished":
            learn(run, self.task, progress=self.progress, on_event=self.tell)

    def _generated(self, run: Run) -> RewardProgram:
        program = generate(
            self.task,
            run.config.goal,
            **self.asking,
            **self.showing,
            seed=run.config.seed,
            record=run.path / "llm",
            on_event=self.tell,
        )[0]
        self.tell("written", credit(program))
        run.set_program(program)
        return program

    def _measure(self, run: Run) -> Evaluation:
        self.tell("note", f"evaluating on {self.measuring['episodes']} episodes")
        result = evaluate(run, task=self.task, **self.measuring, progress=self.progress)
        report(run)
        return result

    def _refined(self, run: Run, said: Feedback) -> RewardProgram:
        child = refine(run, **asdict(said), **self.asking, task=self.task, on_event=self.tell)
        self.tell("written", credit(child))
        return child

    def _repaired(self, run: Run, fault: RewardFault) -> Run:
        """Return the run that takes the place of one which its program stopped.

        Raises:
            RewardFault: The program is not to blame, or there is no repair.
        """
        if fault_of(run, self.task.scene) is None:
            raise fault
        self.tell("note", f"{fault}; its coder is asked to repair it")
        try:
            program = self._refined(run, Feedback())
        except (CoderError, GoalNotUnderstood, ProgramRefused) as error:
            self.tell("note", f"no repair: {error}")
            raise fault from None
        return self._child(run, program, number_of(run))

    def _child(self, run: Run, program: RewardProgram, number: int) -> Run:
        """Return the run of the next program, which is else like its parent."""
        parent = run.program
        if parent is not None:
            self.tell("diff", program_diff(parent, program))
        same = asdict(run.config)
        for name in ("task", "task_options", "reward"):
            del same[name]
        facts = {**self.facts, "round": number, "rounds": self.rounds}
        return prepare(self.task, program, **same, out=run.path.parent, facts=facts)


@contextmanager
def resumable(run: Run) -> Iterator[None]:
    """Say how rounds go on if a person interrupts."""
    try:
        yield
    except KeyboardInterrupt as stop:
        what = str(stop).partition(";")[0] or "interrupted"
        raise KeyboardInterrupt(f"{what}; go on with: resume={str(run.path)!r}") from None
