"""ExpRD as a shaper: a reward that a teacher designs once."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.shapers import exprd
from rewardlab.shapers.abstract import Abstraction
from rewardlab.shapers.base import Invariance
from rewardlab.shapers.options import positive
from rewardlab.shapers.tabled import Tabled, mdp_of, same_gamma, task_mdp
from rewardlab.shapers.tables.designs import Design
from rewardlab.shapers.tables.ties import TieBreak


class ExpRD(Tabled):
    """Pays what a teacher designed to be learned fast, in place of the extrinsic reward.

    *Explicable Reward Design for Reinforcement Learning Agents*, NeurIPS 2021; how the table is
    found stands in `rewardlab.shapers.exprd`. Optimal actions under it are optimal under the
    extrinsic reward with the design's discount: exactly where states are observed, approximately
    where it was designed on cells (`rewardlab.shapers.teacher`).

    ```python
    env = gym.make("FrozenLake-v1")
    model = DQN("MlpPolicy", env, gamma=0.99)
    model.learn(10_000, callback=attach(model, ExpRD.from_env(env, budget=5)))
    ```

    Args:
        design: A design, or a table `(S, A)`; with or without the row of a terminal state.
        abstraction: Rows and columns of observations and actions; they are their own by default.
        gamma: Discount that it was designed for.
        scale: The table is paid times this.

    Raises:
        UsageError: The table is no finite matrix, or fits no such abstraction.
    """

    def __init__(
        self,
        design: Design | npt.ArrayLike,
        *,
        abstraction: Abstraction | None = None,
        gamma: float | None = None,
        scale: float = 1.0,
    ) -> None:
        given = design.reward if isinstance(design, Design) else np.array(design, np.float64)
        if given.ndim != 2 or not np.isfinite(given).all():
            raise UsageError(
                f"a designed reward is a table (states, actions) of finite numbers, got "
                f"shape {given.shape}" + ("" if np.isfinite(given).all() else " with nan or inf")
            )
        positive("ExpRD", scale=scale)
        if isinstance(design, Design) and abstraction is None:
            gamma = same_gamma(gamma, design.certificate.gamma)
        super().__init__((given.shape[0], given.shape[1]), abstraction, gamma)
        self.design = design if isinstance(design, Design) else None
        self.reward = given * scale
        self._abstracted = abstraction is not None

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """`"exact"` where the certificate holds, `"approx"` on cells, `"none"` of a bare table."""
        if self.design is None or not self.design.certificate.holds:
            return "none"
        return "approx" if self._abstracted else "exact"

    @classmethod
    def from_mdp(cls, mdp: TabularMDP, *, budget: int | None = None, **options: Any) -> ExpRD:
        """Design for an MDP whose states are observed; options as for `exprd.design`.

        Raises:
            InfeasibleDesign: No such reward exists.
        """
        return cls(exprd.design(mdp, budget=budget, **options), gamma=mdp.gamma)

    @classmethod
    def from_env(
        cls,
        env: gym.Env[Any, Any],
        *,
        budget: int | None = None,
        gamma: float | None = None,
        **options: Any,
    ) -> ExpRD:
        """Design for an environment that exposes its MDP, see `mdp_of`.

        Raises:
            UsageError: It exposes none.
            InfeasibleDesign: No such reward exists.
        """
        return cls.from_mdp(mdp_of(env, gamma=gamma), budget=budget, **options)

    @classmethod
    def for_task(
        cls,
        task: Task,
        *,
        budget: int | None = None,
        gamma: float | None = None,
        tie_break: TieBreak = "min_norm",
        r_max: float | None = None,
    ) -> ExpRD:
        """Design for a task that exposes its MDP, e.g. `tabular/room-2021`.

        Args:
            task: The task.
            budget: States to choose beside the goals; all by default.
            gamma: Discount; the published one by default, and the algorithm's must be the same.
            tie_break: Which of equally good tables, see `exprd.design`.
            r_max: Largest magnitude of a reward; the MDP's by default.

        Raises:
            UsageError: It exposes none.
            InfeasibleDesign: No such reward exists.
        """
        mdp = task_mdp(task, gamma)
        return cls.from_mdp(mdp, budget=budget, tie_break=tie_break, r_max=r_max)

    def metrics(self) -> dict[str, float]:
        """Return the design's objective and margin."""
        if self.design is None:
            return {}
        return {
            "objective": self.design.objective,
            "margin": self.design.certificate.margin,
        }
