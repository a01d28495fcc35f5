"""ExpRD's reward where HiGHS's interior-point method stops, for `benchmarks/tabular_shapers.py`.

No `tie_break` of the library: the table depends on the solver's tolerance, and without presolve
the method calls points optimal that are not (ROOM-2021, B=5: a loss .0008 too high).
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from rewardlab.envs.tabular import TabularMDP
from rewardlab.shapers import exprd
from rewardlab.shapers.tables.explicable import Explicable, Loss
from rewardlab.shapers.tables.linear import model
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.polytope import Polytope

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "presolve": "off",
    "small_matrix_value": 1e-12,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "solver": "ipm",
    "run_crossover": "off",
    "threads": 1,
}


def interior(mdp: TabularMDP, *, features: npt.ArrayLike) -> Any:
    """Return the reward (S, A) of all states, h terms and no slack; check that it is optimal."""
    best = optimum(mdp)
    loss = Loss.of(mdp, best, horizons=exprd.HORIZONS, terms="h", slack=0.0)
    problem = Explicable(loss, Polytope.of(mdp, best, features=features))
    columns = problem.polytope.columns(range(mdp.terminal))
    solver = highspy.Highs()
    for name, value in OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.passModel(model(problem.linear(columns)))
    solver.run()
    w = np.array(solver.getSolution().col_value)[: len(columns)]
    reward = problem.polytope.reward(columns, w)
    missed = problem.loss(reward) - problem.solve(columns).objective
    if missed > 1e-9 or problem.polytope.margin(reward) < -1e-8:
        raise RuntimeError(f"the interior-point method missed the optimum by {missed:.2g}")
    return reward
