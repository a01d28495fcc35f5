"""What `rewardlab shape inspect` tells people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rewardlab.evaluation.inspected import Inspected
    from rewardlab.evaluation.partial import Measured

_MAX_LISTED = 20
MEASURED = (
    "one field at a time on recorded states; fields that move together may be shown where no "
    "state is"
)
"""How a reward on a continuous task is measured."""
WHY = {
    "exact": "exact by its form: the task's own reward, or a potential over it",
    "approx": "approximate: it holds as far as what it is made of was learned well",
    "none": "none promised: what is optimal may change",
}
"""What each promise of a shaper says."""


def table_view(found: Inspected) -> str:
    """Return what is certain about a reward table, a fact per line."""
    sure, mdp = found.certificate, found.mdp
    listed = ", ".join(map(str, found.support[:_MAX_LISTED]))
    more = len(found.support) - _MAX_LISTED
    share = 100.0 * len(found.support) / max(mdp.terminal, 1)
    verdict = "exact: what is optimal under it is optimal for the task"
    if found.promise != "exact":
        verdict = f"kept by the table as it is now; its shaper promises {found.promise}"
    if not sure.kept:
        verdict = "BROKEN: an action is optimal under it that is not for the task"
    lines = {
        "rewarded states": f"{len(found.support)} of {mdp.terminal} ({share:.0f} %): {listed}"
        + (f" and {more} more" if more > 0 else ""),
        "largest reward": f"{sure.max_abs:.6g}",
        "invariance": verdict,
        "least margin": f"{sure.margin:.3g} of the constraints" if sure.solver else "",
        "its optimum earns": f"{sure.optimum_return:.6g} of {sure.best_return:.6g} on the task",
        "objective" if sure.solver else "loss −I": _objective(found),
        "solver, tie-break": f"{sure.solver}, {sure.tie_break}" if sure.solver else "",
    }
    told = [f"  {name:<18} {text}" for name, text in lines.items() if text]
    return "\n".join([found.title, *told])


def _objective(found: Inspected) -> str:
    steps = "".join(
        f" → {loss:.5f} (+{state})"
        for loss, state in zip(found.history[1:], found.chosen, strict=False)
    )
    first = f"{found.history[0]:.5f}{steps}; " if steps else ""
    return f"{first}{found.certificate.objective:.6g}"


def measured_view(title: str, found: Measured, promise: str, path: Path) -> str:
    """Return what was measured of a reward on recorded states, a fact per line."""
    numbers = found.to_json()
    together = numbers["correlation"]
    effects = [f"{c.name} {c.effect:.3g}" for c in found.curves[:6] if c.effect > 0]
    lines = {
        "states": f"{numbers['states']} recorded, {100 * numbers['share_nonzero']:.0f} % rewarded",
        "reward": f"{numbers['reward_mean']:.4g} ± {numbers['reward_std']:.3g} per step",
        "the task's own": f"{numbers['extrinsic_mean']:.4g} ± {numbers['extrinsic_std']:.3g}"
        + (f", correlation {together:.2f}" if together is not None else ""),
        "invariance": WHY[promise],
        "largest effects": ", ".join(effects) or "none",
        "measured": MEASURED,
        "picture": str(path),
    }
    return "\n".join([title, *(f"  {name:<16} {text}" for name, text in lines.items())])
