"""The picture of a policy's mixtures of experts: one row each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rewardlab.evaluation.mixtures import Mixture, Mixtures
from rewardlab.evaluation.partial import INK
from rewardlab.evaluation.plots import COLOURS

_DPI = 110
_CURVES = {
    "weight_utilisation": ("utilisation (1: all experts share the weight)", "-"),
    "routing_entropy": ("routing entropy / ln E (1: the gate is undecided)", "--"),
    "change_rate": ("change rate (choices that are new since the last log)", ":"),
    "saturation": ("saturation (choices that are already the final ones)", "-."),
}
"""What is drawn along training: its legend, and the line's style, as colours are experts."""


def draw(found: Mixtures, path: Path) -> None:
    """Write loads, states by expert, training's curves and experts by task as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [_loads, _states, _training] + [_tasks] * (found.tasks is not None)
    rows = len(found.mixtures)
    figure = Figure(figsize=(4.3 * len(panels), 3.3 * rows + 1.0), layout="constrained")
    FigureCanvasAgg(figure)
    for i, (name, one) in enumerate(found.mixtures.items()):
        for j, panel in enumerate(panels):
            axes = figure.add_subplot(rows, len(panels), i * len(panels) + j + 1)
            axes.tick_params(labelsize=7)
            panel(axes, found, name, one)
    handles = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    shown = [handles[label] for label, _ in _CURVES.values() if label in handles]
    if shown:
        figure.legend(handles=shown, fontsize=8, frameon=False, ncols=2, loc="outside lower center")
    figure.suptitle(
        f"{found.title}\nmixtures of experts in {len(found.points):,} states that the trained "
        "policy visits",
        fontsize=10,
        color=INK,
    )
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def colours(n: int) -> list[Any]:
    """Return a colour for each of n experts."""
    if n <= len(COLOURS):
        return list(COLOURS[:n])
    from matplotlib import colormaps

    return [colormaps["turbo"](i / (n - 1)) for i in range(n)]


def _loads(axes: Any, found: Mixtures, name: str, one: Mixture) -> None:
    n = len(one.labels)
    everywhere = bool((one.load == 1).all())  # then weights alone tell experts apart
    share = one.weights.sum(axis=0) / one.weights.sum() if everywhere else one.load
    ideal = float(share.mean())
    axes.bar(range(n), share, color=colours(n))
    axes.axhline(ideal, color=INK, linewidth=1, linestyle="--")
    axes.annotate("ideal", (1.01, ideal), xycoords=("axes fraction", "data"), fontsize=7,
                  color=INK, va="center")  # fmt: skip
    for e, height in enumerate(share) if n <= 16 else ():
        told = f"{height:.1%}" if height else "dead"
        axes.annotate(told, (e, height), fontsize=7, color=INK, ha="center", va="bottom")
    if max(map(len, one.labels)) > 4:
        axes.set_xticks(range(n), one.labels, rotation=15, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(range(n), one.labels)
    axes.set_ylim(0, max(1.15 * share.max(), 1.3 * ideal))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("expert", fontsize=8)
    axes.set_ylabel("share of all weight" if everywhere else "states that use it", fontsize=8)
    what = "weight (all are used)" if everywhere else "load"
    axes.set_title(f"{name} (gate {one.gate}): {what} of each expert", fontsize=9, color=INK)


def _states(axes: Any, found: Mixtures, name: str, one: Mixture) -> None:
    most, shades = one.weights.argmax(axis=1), colours(len(one.labels))
    axes.scatter(*found.points.T, s=6, c=[shades[e] for e in most], alpha=0.6, linewidths=0)
    first, second = found.explained
    axes.set_xlabel(f"first principal component ({first:.0%} of variance)", fontsize=8)
    axes.set_ylabel(f"second ({second:.0%})", fontsize=8)
    axes.set_title("visited states, in the colour of their main expert", fontsize=9, color=INK)


def _training(axes: Any, found: Mixtures, name: str, one: Mixture) -> None:
    for key, (label, style) in _CURVES.items():
        if key in one.curves:
            steps, values = one.curves[key]
            scale = np.log(max(2, len(one.labels))) if key == "routing_entropy" else 1.0
            axes.plot(steps, values / scale, style, color=INK, linewidth=1.4, label=label)
    axes.set_ylim(-0.03, 1.05)
    axes.set_xlabel("environment steps", fontsize=8)
    axes.set_title("along training (legend below)", fontsize=9, color=INK)
    if not axes.lines:
        axes.annotate("nothing was logged", (0.5, 0.5), xycoords="axes fraction", ha="center",
                      fontsize=8, color=INK)  # fmt: skip


def _tasks(axes: Any, found: Mixtures, name: str, one: Mixture) -> None:
    assert found.tasks is not None
    shares = by_task(one, found.tasks)
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    for (task, e), share in np.ndenumerate(shares) if shares.size <= 100 else ():
        axes.annotate(f"{share:.0%}", (e, task), fontsize=7, ha="center", va="center",
                      color="white" if share > 0.6 else INK)  # fmt: skip
    axes.set_xticks(range(len(one.labels)), one.labels)
    axes.set_yticks(range(len(shares)))
    axes.set_xlabel("expert", fontsize=8)
    axes.set_ylabel("task", fontsize=8)
    axes.set_title(f"weight by task, I = {one.information:.2f} nats", fontsize=9, color=INK)


def by_task(one: Mixture, tasks: Any) -> Any:
    """Return the share of each expert in the weights of a task's states `(tasks, E)`."""
    sums = np.zeros((int(tasks.max()) + 1, one.weights.shape[1]))
    np.add.at(sums, tasks, one.weights)
    return sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-300)
