"""ExpAdaRD as a shaper: a reward that a teacher designs again and again for the learner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch

from rewardlab.envs.tabular.mdp import TabularMDP
from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.shapers import expadard
from rewardlab.shapers.abstract import Abstraction, Numbers
from rewardlab.shapers.base import Array, Invariance, Transitions
from rewardlab.shapers.options import positive
from rewardlab.shapers.tabled import Tabled, mdp_of, same_gamma, task_mdp
from rewardlab.shapers.tables.designs import Design

if TYPE_CHECKING:
    from rewardlab.shapers.view import PolicyView

N_SAMPLES = 8
"""Actions per observation from which a policy over prototypes is estimated."""


class ExpAdaRD(Tabled):
    """Pays what the learner, as it is now, learns most from, in place of the extrinsic reward.

    *Informativeness of Reward Functions in Reinforcement Learning*, AAMAS 2024; the criterion
    stands in `rewardlab.shapers.expadard`. The reward is designed anew whenever the shaper learns,
    from the last solution. A deterministic learner keeps the reward it has.

    The learner's policy is that of `PolicyView`, averaged over each cell's examples; its visits are
    exact where states are observed, else those of the steps since the last design.

    Args:
        mdp: Where to design.
        abstraction: Rows and columns of observations and actions; they are their own by default.
        teacher_epsilon: Share of uniform play in the teacher's visits; .3 for LINEK, else .4.
        depth: h, how many rewards the learner's advantage sums.
        features: F with R = F w; the published ones, or one per pair where there are none.
        r_max: Largest magnitude of a reward; the MDP's by default.
        averaging: Share of the old table in the new one; any such mean is feasible too.
        gamma: Discount of the learner; the MDP's by default.
        scale: The table is paid times this.

    Attributes:
        design: What is paid, before its scale; `None` before the first design.

    Raises:
        UsageError: The MDP fits no such abstraction, or a number is out of range.
    """

    def __init__(
        self,
        mdp: TabularMDP,
        *,
        abstraction: Abstraction | None = None,
        teacher_epsilon: float | None = None,
        depth: int = 1,
        features: npt.ArrayLike | None = None,
        r_max: float | None = None,
        averaging: float = 0.0,
        gamma: float | None = None,
        scale: float = 1.0,
    ) -> None:
        if not 0 <= averaging < 1:
            raise UsageError(f"averaging is {averaging:g}; give a share from 0 to below 1")
        positive("ExpAdaRD", scale=scale)
        discount = mdp.gamma if gamma is None else gamma
        if abstraction is None:
            discount = same_gamma(gamma, mdp.gamma)
        super().__init__((mdp.n_states, mdp.n_actions), abstraction, discount)
        self._designer = expadard.Designer(
            mdp, teacher_epsilon=teacher_epsilon, depth=depth, features=features, r_max=r_max
        )
        self._counts = None if abstraction is None else np.zeros(mdp.n_states)
        self._averaging, self._scale, self._updates, self._seed = averaging, scale, 0, 0
        self.design: Design | None = None

    @property
    def invariance(self) -> Invariance:  # type: ignore[override]
        """`"approx"` on cells, else `"exact"`: every design keeps what is optimal."""
        return "exact" if self._counts is None else "approx"

    @classmethod
    def from_env(
        cls, env: gym.Env[Any, Any], *, gamma: float | None = None, **options: Any
    ) -> ExpAdaRD:
        """Design for an environment that exposes its MDP, see `mdp_of`.

        Raises:
            UsageError: It exposes none.
        """
        return cls(mdp_of(env, gamma=gamma), **options)

    @classmethod
    def for_task(
        cls,
        task: Task,
        *,
        gamma: float | None = None,
        teacher_epsilon: float | None = None,
        depth: int = 1,
        r_max: float | None = None,
        averaging: float = 0.0,
    ) -> ExpAdaRD:
        """Design for a task that exposes its MDP, e.g. `tabular/room-2024`; options as above.

        Raises:
            UsageError: It exposes none.
        """
        return cls(
            task_mdp(task, gamma),
            teacher_epsilon=teacher_epsilon,
            depth=depth,
            r_max=r_max,
            averaging=averaging,
        )

    def bind(
        self,
        observation_space: gym.Space[Any],
        action_space: gym.Space[Any],
        *,
        gamma: float,
        n_envs: int,
        seed: int,
    ) -> None:
        """Learn about the algorithm; the table must fit its spaces."""
        super().bind(observation_space, action_space, gamma=gamma, n_envs=n_envs, seed=seed)
        self._seed = seed

    def start(self, policy: PolicyView) -> None:
        """Design for the learner before its first step."""
        if self._designer.weights is None:
            self.update(policy)

    def observe(self, batch: Transitions) -> None:
        """Count visits of cells."""
        if self._counts is not None:
            assert self.abstraction is not None
            cells = self.abstraction.cells(batch.obs)
            self._counts += np.bincount(cells, minlength=len(self._counts))

    def update(self, policy: PolicyView) -> dict[str, float]:
        """Design for the learner as it is now.

        Returns:
            `objective` and `margin` (of the constraints) of the table that is paid, before its
            scale, and `change` (‖ΔR‖₂).
        """
        first, paid = self._designer.weights is None, self.reward
        design = self._designer.design(
            self._policy(policy),
            visited=self._visited(),
            old=paid / self._scale,
            kept=0.0 if first else self._averaging,
        )
        self.design, self.reward = design, self._scale * design.reward
        self._updates += 1
        return {
            "objective": design.objective,
            "change": float(np.linalg.norm(self.reward - paid)),
            "margin": design.certificate.margin,
        }

    def state_dict(self) -> dict[str, Any]:
        """Return the table, the solver's weights and basis, and open counts."""
        counts = None if self._counts is None else self._counts.copy()
        own = {"designer": self._designer.state_dict(), "counts": counts, "updates": self._updates}
        return super().state_dict() | own

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore `state_dict`: the next design is the scheduled one."""
        super().load_state_dict(state)
        self._designer.load_state_dict(state["designer"])
        self._counts = None if state["counts"] is None else np.array(state["counts"])
        self._updates = int(state["updates"])

    def _visited(self) -> Array | None:
        if self._counts is None or not self._counts.any():
            return None
        shares: Array = self._counts / self._counts.sum()
        self._counts = np.zeros_like(self._counts)
        return shares

    def _policy(self, view: PolicyView) -> Array:
        """Return π_L `(S, A)`: means over the examples of each cell; uniform at the end."""
        assert self.abstraction is not None
        cells, taken = self.abstraction.cells(self.abstraction.examples), self._asked(view)
        sums = np.zeros(self._shape)
        np.add.at(sums, cells, taken)
        sums[sums.sum(axis=1) == 0] = 1.0
        return np.asarray(sums / sums.sum(axis=1, keepdims=True))

    def _asked(self, view: PolicyView) -> Array:
        """Return what the learner does at each example `(N, A)`."""
        assert self.abstraction is not None
        obs, actions = self.abstraction.examples, self.abstraction.actions
        if isinstance(actions, Numbers):
            return view.probs(obs)
        with torch.random.fork_rng(devices=[]):
            sequence = np.random.SeedSequence([self._seed, self._updates])
            torch.manual_seed(int(sequence.generate_state(1)[0]))
            drawn = view.sample(obs, N_SAMPLES)
        taken: Array = np.eye(actions.n)[[actions(each) for each in drawn]].mean(axis=0)
        return taken
