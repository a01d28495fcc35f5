"""Plan a mixture of experts, or look at a trained one.

plan says how many experts of which order have the smallest error bound on n samples of s numbers,
by the convergence rate of Mendes and Jiang (arXiv 1110.2058), and warns where the bound says
nothing. A .npy of states gives the dimension they really vary in; a .csv of pilots, trained
mixtures with the columns m, k, n and mse, the constants: one A for each order among them.

inspect draws which expert of a finished run's mixtures gets which states, says what they cost and
how evenly they are used, and warns where routing has collapsed.

Examples:
  rewardlab moe plan -n 100000 -s 4
  rewardlab moe plan -n 100000 --states states.npy --method pca
  rewardlab moe plan -n 100000 -s 4 --pilots pilots.csv --json
  rewardlab moe inspect my-run
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from rewardlab.cli.answer import Answer, Table
from rewardlab.cli.flags import Json, Out, Seed, Switch
from rewardlab.cli.mixtures import inspected
from rewardlab.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from rewardlab.policies.planner import Plan

_EXPERTS = {0: "constants", 1: "linear experts (expert_hidden=None)"}
_COLUMNS = ("m", "k", "n", "mse")


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab moe`."""

    verb: Annotated[
        Positional[Literal["plan", "inspect"]], arg(metavar="VERB", help="plan or inspect.")
    ]
    run: Annotated[
        Positional[str],
        arg(metavar="[RUN]", help="inspect: a finished run.", help_behavior_hint=""),
    ] = ""
    samples: Annotated[
        float | None,
        arg(
            aliases=("-n",),
            metavar="N",
            help="plan: samples, distinct transitions rather than steps.",
            help_behavior_hint="(required to plan)",
        ),
    ] = None
    covariates: Annotated[
        int | None,
        arg(
            aliases=("-s",),
            metavar="S",
            help="Numbers that the target depends on.",
            help_behavior_hint="(default: the dimension of --states)",
        ),
    ] = None
    states: Annotated[
        str | None,
        arg(metavar="NPY", help="States (N, d) that S is estimated from.", help_behavior_hint=""),
    ] = None
    method: Annotated[
        Literal["twonn", "pca"],
        arg(help="How: by nearest neighbours, or the components of 95 % of the variance."),
    ] = "twonn"
    alpha: Annotated[float, arg(metavar="X", help="Smoothness of the target.")] = 2.0
    A: Annotated[float, arg(metavar="X", help="Size of the approximation error.")] = 1.0
    sigma2: Annotated[float, arg(metavar="X", help="Size of the estimation error.")] = 1.0
    pilots: Annotated[
        str | None,
        arg(
            metavar="CSV",
            help="Trained mixtures that A and sigma2 are fitted to.",
            help_behavior_hint="",
        ),
    ] = None
    k_max: Annotated[int, arg(metavar="K", help="Largest order of experts.")] = 3
    gating: Annotated[str, arg(metavar="G", help="softmax or sigmoid.")] = "softmax"
    no_log: Annotated[
        Switch,
        arg(help="Without the factor ln n: the best fit is unique.", help_behavior_hint=""),
    ] = False
    episodes: Annotated[int, arg(metavar="N", help="inspect: episodes to look at.")] = 5
    task_columns: Annotated[
        int, arg(metavar="N", help="inspect: last columns that tell the task, one-hot; 0: none.")
    ] = 0
    picture: Annotated[
        str | None,
        arg(
            aliases=("-o",),
            metavar="PNG",
            help="inspect: where the picture goes.",
            help_behavior_hint="(default: moe.png in the run)",
        ),
    ] = None
    seed: Seed = 0
    out: Out = "results"
    json: Json = False


def run(flags: Flags) -> Answer:
    """Plan or inspect."""
    if flags.verb == "plan":
        if flags.run:
            raise UsageError(f"moe plan takes no run, got {flags.run!r}")
        return _plan(flags)
    if not flags.run:
        raise UsageError("which run? e.g. rewardlab moe inspect my-run; see: rewardlab runs")
    for name in ("samples", "covariates", "states", "pilots"):
        if getattr(flags, name) is not None:
            raise UsageError(f"--{name} is for: rewardlab moe plan")
    return inspected(
        flags.run,
        out=flags.out,
        picture=flags.picture,
        episodes=flags.episodes,
        seed=flags.seed,
        task_columns=flags.task_columns,
    )


def _plan(flags: Flags) -> Answer:
    from rewardlab.policies.planner import plan

    if flags.samples is None:
        raise UsageError("how many samples? e.g. rewardlab moe plan -n 100000 -s 4")
    s, dimension = _covariates(flags)
    given: dict[str, Any] = {
        "alpha": flags.alpha,
        "gating": flags.gating,
        "use_log": not flags.no_log,
    }
    size, noise = _constants(flags, s, given)
    made = plan(flags.samples, s, A=size, sigma2=noise, k_max=flags.k_max, **given)
    asked = {"n": flags.samples, "s": s, "A": size, "sigma2": noise, **given}
    document = asdict(made) | {"table": [row._asdict() for row in made.table]}
    return Answer({**asked, "dimension": dimension, **document}, _view(made, asked, dimension))


def _covariates(flags: Flags) -> tuple[int, float | None]:
    import numpy as np

    from rewardlab.policies.dimension import intrinsic_dimension

    if (flags.covariates is None) == (flags.states is None):
        raise UsageError("give either -s S or --states FILE.npy")
    if flags.states is None:
        assert flags.covariates is not None
        return flags.covariates, None
    try:
        states = np.load(flags.states, allow_pickle=False)
    except OSError as error:
        raise ConfigError(f"--states {flags.states}: {error.strerror or error}") from None
    except (ValueError, EOFError):  # numpy's words propose to unpickle
        states = None
    if not (isinstance(states, np.ndarray) and states.dtype.kind in "biuf"):
        raise ConfigError(f"--states {flags.states}: not a .npy of numbers (N, d)")
    found = intrinsic_dimension(states, flags.method)
    return max(1, round(found)), found


def _constants(
    flags: Flags, s: int, given: dict[str, Any]
) -> tuple[float | dict[int, float], float]:
    from rewardlab.policies.planner import fit_constants

    if flags.pilots is None:
        return flags.A, flags.sigma2
    if (flags.A, flags.sigma2) != (Flags.A, Flags.sigma2):
        raise UsageError("--pilots measure A and sigma2: leave --A and --sigma2 out")
    return fit_constants(_pilots(Path(flags.pilots)), s, by_order=True, **given)


def _pilots(path: Path) -> list[tuple[int, int, float, float]]:
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return [(int(r["m"]), int(r["k"]), float(r["n"]), float(r["mse"])) for r in rows]
    except OSError as error:
        raise ConfigError(f"--pilots {path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"--pilots {path}: needs the columns {', '.join(_COLUMNS)} of numbers: {error}"
        ) from None


def _view(made: Plan, asked: dict[str, Any], dimension: float | None) -> str:
    rows = [
        (
            str(row.k),
            f"{row.parameters:,}",
            str(row.m),
            f"{row.m_continuous:.1f}",
            f"{row.bound:.4g}",
            "<- smallest" if row.k == made.k else "",
        )
        for row in made.table
    ]
    columns = ("order k", "parameters", "experts m", "real m", "bound", "")
    told = "" if dimension is None else f" (dimension {dimension:.1f})"
    sizes = asked["A"].items() if isinstance(asked["A"], dict) else [("", asked["A"])]
    head = (
        f"n = {asked['n']:,.0f}, s = {asked['s']}{told}, alpha = {asked['alpha']:g}, "
        + ", ".join(f"A{k} = {size:.3g}" for k, size in sizes)
        + f", sigma2 = {asked['sigma2']:.3g}, {asked['gating']} gating"
    )
    kind = _EXPERTS.get(made.k, "MLP experts of about that many parameters each")
    advice = (
        f"{made.m} {kind}; at its best the error falls like n^{made.rate_exponent:.2f}: "
        f"twice the data, {1 - 2**made.rate_exponent:.0%} less"
    )
    warned = [f"warning: {text}" for text in made.warnings]
    return "\n".join([head, *Table(columns, rows).lines(), advice, *warned])
