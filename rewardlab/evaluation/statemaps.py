"""Pictures of rewards over the states of finite MDPs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rewardlab.evaluation.inspected import Inspected, gaps
from rewardlab.evaluation.layouts import ARROWS, Layout, layout
from rewardlab.shapers.base import Array
from rewardlab.shapers.tables.optimum import optimum

INK, PAPER, PALE = "#1b1f24", "#ffffff", "#d5d9df"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
REWARDS, LEVELS = "RdBu", "viridis"
MAX_MAPS = 4
_DPI = 110

Draw = Callable[[Any], None]


def draw(found: Inspected, path: Path) -> None:
    """Write the picture of a reward table as PNG.

    A map per action (bars on a line), where there is any reward with the optimal actions under the
    task's own reward, further maps such as potentials and bonuses, and, for designs that choose
    states, the loss against their number.
    """
    place = layout(found.mdp)
    panels = _line_panels(found, place) if place.is_line else _grid_panels(found, place)
    if found.certificate.solver:
        panels.append(partial(_gaps, found=found))
    if len(found.history) > 1:
        panels.append(partial(_budget, found=found))
    _write(panels, found.title, path, wide=place.is_line, shape=(place.rows, place.columns))


def _write(
    panels: list[Draw], title: str, path: Path, *, wide: bool, shape: tuple[int, int]
) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_columns = 1 if wide else min(len(panels), 4 if shape[1] <= 8 else 2)
    n_rows = -(-len(panels) // n_columns)
    width = 9.0 if wide else (3.1 if shape[1] <= 8 else 5.2)
    height = 2.1 if wide else (3.0 if shape[1] <= 8 else 2.2)
    figure = Figure(figsize=(width * n_columns, height * n_rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    for i, panel in enumerate(panels):
        panel(figure.add_subplot(n_rows, n_columns, i + 1))
    figure.suptitle(title, fontsize=12, color=INK)
    figure.savefig(path, dpi=_DPI, facecolor=PAPER, metadata={"Software": None})


def _grid_panels(found: Inspected, place: Layout) -> list[Draw]:
    bound = _bound(found.reward, place)
    heat = partial(_heat, place=place)
    panels: list[Draw] = [
        partial(heat, values=found.reward[:, a], title=f"R(s, {name})", bound=bound)
        for a, name in enumerate(place.actions)
    ]
    panels.append(partial(_support, found=found, place=place))
    for name, values in list(found.maps.items())[:MAX_MAPS]:
        panels.append(partial(heat, values=values, title=name, bound=None))
    return panels


def _line_panels(found: Inspected, place: Layout) -> list[Draw]:
    panels: list[Draw] = [
        partial(_bars, found=found, place=place, row=row) for row in range(place.rows)
    ]
    for name, values in list(found.maps.items())[:MAX_MAPS]:
        panels.append(partial(_levels, place=place, values=values, title=name))
    return panels


def _bound(reward: Array, place: Layout) -> float:
    most = float(np.abs(reward).max()) or 1.0
    return most if place.clip is None else min(most, place.clip)


def _on_grid(place: Layout, values: Array) -> Array:
    """Return the mean over the states of each cell `(rows, columns)`."""
    cells = np.full(place.rows * place.columns, np.nan)
    drawn = place.cell >= 0
    at = place.cell[drawn]
    count = np.bincount(at, minlength=len(cells))
    total = np.bincount(at, weights=values[drawn], minlength=len(cells))
    cells[count > 0] = total[count > 0] / count[count > 0]
    return cells.reshape(place.rows, place.columns)


def _heat(axes: Any, *, place: Layout, values: Array, title: str, bound: float | None) -> None:
    grid = _on_grid(place, values)
    extent = (0, place.columns, place.rows, 0)
    limits = {} if bound is None else {"vmin": -bound, "vmax": bound}
    image = axes.imshow(grid, extent=extent, cmap=REWARDS if bound else LEVELS, **limits)
    clipped = bound is not None and float(np.abs(values).max()) > bound * (1 + 1e-9)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, extend="both" if clipped else "neither")
    bar.ax.tick_params(labelsize=7)
    _frame(axes, place, title)
    for cell, letter in place.marks.items():
        shade = image.norm(grid.flat[cell])  # the ends of the colours for rewards are dark
        dark = abs(shade - 0.5) > 0.3 if bound is not None else shade < 0.6
        _letter(axes, place, cell, letter, PAPER if dark else INK)


def _support(axes: Any, found: Inspected, place: Layout) -> None:
    """Draw where there is any reward, and what is optimal under the task's own."""
    paid = np.zeros(found.mdp.n_states)
    paid[list(found.support)] = 1.0
    grid = _on_grid(place, paid)
    axes.imshow(grid, extent=(0, place.columns, place.rows, 0), cmap="Greys", vmin=0, vmax=3.0)
    share = f"{len(found.support)} of {found.mdp.terminal} states"
    one_each = len(np.unique(place.cell)) == len(place.cell)
    legend = "arrows: optimal for the task" if one_each else "each cell: mean over its states"
    _frame(axes, place, f"R(s, ·) ≠ 0: {share}\n{legend}")
    best = optimum(found.mdp).optimal
    for s in range(found.mdp.terminal) if one_each else ():
        names = [n for a, n in enumerate(place.actions) if best[s, a] and n in ARROWS]
        if names and len(names) < len(place.actions):
            text = "".join(ARROWS[n] for n in names[:2])
            _letter(axes, place, int(place.cell[s]), text, INK)


def _frame(axes: Any, place: Layout, title: str) -> None:
    axes.set_title(title, fontsize=9, color=INK)
    axes.set_xticks(range(place.columns + 1), [])
    axes.set_yticks(range(place.rows + 1), [])
    axes.grid(color=PALE, linewidth=0.4)
    axes.tick_params(length=0)
    for (x0, y0), (x1, y1) in place.walls:
        axes.plot([x0, x1], [y0, y1], color=INK, linewidth=2.5, solid_capstyle="butt")


def _letter(axes: Any, place: Layout, cell: int, text: str, colour: str) -> None:
    x, y = cell % place.columns + 0.5, cell // place.columns + 0.5
    axes.text(x, y, text, ha="center", va="center", fontsize=7, color=colour)


def _bars(axes: Any, found: Inspected, place: Layout, row: int) -> None:
    """Draw the rewards of one line, a bar for each action in each place."""
    bound = _bound(found.reward, place)
    states = np.flatnonzero(place.cell // place.columns == row)
    x, n = np.arange(len(states)), len(place.actions)
    width = 0.8 / n
    for a, name in enumerate(place.actions):
        heights = np.clip(found.reward[states, a], -bound, bound)
        axes.bar(x + (a - (n - 1) / 2) * width, heights, width, color=COLOURS[a], label=name)
    paid = np.isin(states, found.support)
    axes.scatter(x[paid], np.full(paid.sum(), -1.12 * bound), marker="^", s=9, color=INK)
    axes.axhline(0, color=PALE, linewidth=0.8)
    axes.set_ylim(-1.22 * bound, 1.45 * bound)
    most = float(np.abs(found.reward[states]).max())
    note = f", clipped at ±{bound:g}" if most > bound * (1 + 1e-9) else ""
    share = f"▲ R(s, ·) ≠ 0 in {int(paid.sum())} of {len(states)}"
    axes.set_title(f"R(s, a), {place.row_names[row]}{note}; {share}", fontsize=9, color=INK)
    axes.set_xlim(-0.7, len(states) - 0.3)
    axes.set_xticks(x[:: max(1, len(x) // 20)])
    axes.tick_params(labelsize=7)
    if row == 0:
        axes.legend(fontsize=7, ncols=n, loc="upper left", frameon=False)


def _levels(axes: Any, place: Layout, values: Array, title: str) -> None:
    for row in range(place.rows):
        states = np.flatnonzero(place.cell // place.columns == row)
        label = place.row_names[row]
        axes.plot(values[states], color=COLOURS[row % len(COLOURS)], label=label, linewidth=1.4)
    axes.set_title(title, fontsize=9, color=INK)
    axes.tick_params(labelsize=7)
    if place.rows > 1:
        axes.legend(fontsize=7, frameon=False)


def _gaps(axes: Any, *, found: Inspected) -> None:
    """Draw by how much the best action leads: for the task, and seen h steps ahead under R."""
    wanted, ahead = gaps(found.mdp, found.reward)
    for (h, values), colour in zip(ahead.items(), COLOURS, strict=False):
        axes.plot(values, color=colour, linewidth=1.2, label=f"under R, {h} ahead")
    axes.plot(wanted, color=INK, linewidth=1.6, linestyle="--", label="for the task")
    axes.set_title("lead of the best action, states sorted", fontsize=9, color=INK)
    top = float(np.abs([wanted, *ahead.values()]).max()) or 1.0
    axes.set_yscale("symlog", linthresh=top / 30)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _budget(axes: Any, found: Inspected) -> None:
    """Draw the loss against the number of chosen states."""
    axes.plot(found.history, "o-", color=COLOURS[0], markersize=4, linewidth=1.4)
    for k, state in enumerate(found.chosen, 1):
        axes.annotate(f"+{state}", (k, found.history[k]), textcoords="offset points",
                      xytext=(4, 5), fontsize=7, color=INK)  # fmt: skip
    axes.set_title("loss −I against states chosen", fontsize=9, color=INK)
    axes.set_ylim(bottom=0)
    axes.set_xticks(range(len(found.history)))
    axes.tick_params(labelsize=7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
