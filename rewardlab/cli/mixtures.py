"""What `rewardlab moe inspect` answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli.answer import Answer, Table
from rewardlab.errors import UsageError

_PICTURES = (".png", ".pdf", ".svg")

if TYPE_CHECKING:
    from rewardlab.evaluation.mixtures import Mixture, Mixtures


def inspected(
    name: str, *, out: str, picture: str | None, episodes: int, seed: int, task_columns: int
) -> Answer:
    """Look at a run's mixtures, draw them and say what they do."""
    from rewardlab.config import check_seed
    from rewardlab.evaluation import mixtureplots, mixtures
    from rewardlab.training.run import Run

    check_seed(seed)
    run = Run.open(name, out=out)
    path = Path(picture or run.path / "moe.png")
    if path.suffix not in _PICTURES:
        raise UsageError(f"--picture ends in {', '.join(_PICTURES)}, got {picture!r}")
    found = mixtures.inspect(run, episodes=episodes, seed=seed, task_columns=task_columns)
    mixtureplots.draw(found, path)
    asked = {"run": run.id, "episodes": episodes, "seed": seed, "task_columns": task_columns}
    return Answer({**asked, **found.to_json(), "picture": str(path)}, _view(found, episodes, path))


def _view(found: Mixtures, episodes: int, path: Path) -> str:
    head = f"{found.title}; {len(found.points):,} states of {episodes} episodes"
    columns = ["mixture", "gate", "experts", "parameters", "active", "FLOPs/token",
               "utilisation", "dead", "max load", "entropy"]  # fmt: skip
    columns += ["I(task; expert)"] * (found.tasks is not None)
    rows = [_row(name, one) for name, one in found.mixtures.items()]
    warned = [f"warning: {text}" for text in found.warnings]
    return "\n".join([head, *Table(columns, rows).lines(), *warned, f"picture {path}"])


def _row(name: str, one: Mixture) -> list[str]:
    from math import log

    n = len(one.labels)
    cells = [
        name,
        one.gate,
        str(n),
        f"{one.cost.parameters:,}",
        f"{one.cost.active:,}",
        f"{one.cost.flops:,}",
        f"{one.utilisation:.2f}",
        str(len(one.dead)),
        f"{one.load.max() / one.ideal:.2f} x ideal",
        f"{one.entropy:.2f} of {log(n):.2f}",
    ]
    return cells if one.information is None else [*cells, f"{one.information:.2f}"]
