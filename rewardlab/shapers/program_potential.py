"""A reward program as potential: its guidance, without the power to change what is optimal.

Terms that read the current scene alone make Φ(s) = Σ_k w_k term_k(s), and the environment's reward
gets F = γΦ(s') − Φ(s), with Φ = 0 where an episode ends (Ng, Harada and Russell, *Policy invariance
under reward transformations*, ICML 1999). Which terms these are is decided on the program's text,
see `rewardlab.program.potential`. That Φ is a function of the state does not rest on that decision:
s is scored as if an episode began there, with no action, no past and no time in its row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from rewardlab.errors import ProgramRefused, UsageError
from rewardlab.program.potential import Potential, potential
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.sandbox.quality import rest_of
from rewardlab.shapers.base import Array, Invariance, Shaped, Transitions
from rewardlab.shapers.program import JailedShaper

if TYPE_CHECKING:
    from rewardlab.config import Sandbox
    from rewardlab.envs.tasks import Task
    from rewardlab.program.schema import Schema
    from rewardlab.sandbox.runner import RewardRunner

FROZEN = "program_potential/"
"""Begins the names of what replay buffers keep: rows of scenes are not kept there."""


class ProgramPotential(JailedShaper):
    """Adds F = γΦ(s') − Φ(s), where Φ is what a program says of a scene.

    Args:
        runner: Executes the program in its own process; closed with the shaper.

    Attributes:
        potential: What of the program is Φ, and what was refused.

    Raises:
        UsageError: No term of the program is a potential; lists each with the reason.
    """

    invariance: ClassVar[Invariance] = "exact"

    def __init__(self, runner: RewardRunner) -> None:
        super().__init__(runner)
        self.potential = usable(runner.program, runner.schema)

    @classmethod
    def for_task(
        cls, task: Task, *, program: str | RewardProgram, sandbox: Sandbox = "auto"
    ) -> ProgramPotential:
        """Build it for a task, from a program or the path of one."""
        from rewardlab.sandbox.runner import RewardRunner

        given = program if isinstance(program, RewardProgram) else RewardProgram.load(program)
        usable(given, task.scene)
        return cls(RewardRunner(given, task.scene, sandbox=sandbox))

    def shape(self, batch: Transitions) -> Shaped:
        """Return `r_ext + F`, with F's part of each term.

        Replayed transitions keep the F of their collection: Φ never changes, and rows of scenes are
        not kept.

        Raises:
            RewardFault: The program failed twice on this batch.
            UsageError: The program's terms do not add up to its reward, so that nobody knows what
                they weigh in it.
        """
        if batch.extras is None:
            parts = self._parts(batch)
        else:
            parts = {
                name.removeprefix(FROZEN): values
                for name, values in batch.extras.items()
                if name.startswith(FROZEN)
            }
        reward = batch.r_ext + sum(parts.values())
        return Shaped(reward, parts, {FROZEN + name: values for name, values in parts.items()})

    def values(self, rows: Array) -> dict[str, Array]:
        """Return the parts of Φ `(n,)` at the current scenes of rows `(n, D)`, by name."""
        scored = self.runner.evaluate(as_beginnings(rows, self.runner.schema))
        if self.potential.whole:
            return {"potential": scored.reward}
        if not self.potential.exact and (rest := rest_of(scored)).any():
            raise UsageError(
                "a program is a potential only where it says what its terms weigh: its reward and "
                f"their sum differ by {np.abs(rest).max():.3g}; return them as they are added up"
            )
        given = dict(zip(scored.names, scored.terms.T, strict=True))
        none = np.zeros(len(rows))
        return {k: w * given.get(k, none) for k, w in self.potential.weights.items()}

    def _parts(self, batch: Transitions) -> dict[str, Array]:
        after = self.rows(batch)
        before, n, size = after.copy(), len(after), self.runner.schema.size
        before[:, :size] = after[:, size : 2 * size]
        assert self.gamma is not None, "bind says it"
        gamma = np.where(batch.terminated, 0.0, self.gamma)
        phi = self.values(np.concatenate([before, after]))
        return {name: gamma * values[n:] - values[:n] for name, values in phi.items()}


def as_beginnings(rows: Array, schema: Schema) -> Array:
    """Return rows `(n, D)` as if an episode began in their current scenes."""
    size = schema.size
    made = np.zeros_like(rows)
    for block in range(3):
        made[:, block * size : (block + 1) * size] = rows[:, :size]
    return made


def usable(program: RewardProgram, schema: Schema) -> Potential:
    """Return what of a program is a potential.

    Raises:
        ProgramRefused: It does not pass the static reading.
        UsageError: Nothing is; lists each term with the reason.
    """
    reading = read(program.source, schema)
    if reading.tree is None:
        first = next(f for f in reading.findings if f.severity == "error")
        raise ProgramRefused(f"the reward program was refused: {first}")
    found = potential(reading.tree, schema)
    if not found.usable:
        terms = ", ".join(map(str, found.refused))
        raise UsageError(
            "no term of the program is a potential, a function of the current scene alone: "
            f"{terms}; train it with shaping 'replace' or 'add'"
        )
    return found
