"""Figures of a report: small SVG texts that follow the page's font and light or dark colours."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardlab.evaluation.curves import Array, Curves
from rewardlab.store.text import printable

COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8f98", "#F0E442",
)  # fmt: skip
"""Okabe and Ito's palette, which colour-blind people can tell apart, with grey for black."""
MAX_TERMS = len(COLOURS)
"""Terms with a curve of their own; the others are drawn as one."""
MAX_POINTS = 300
OTHERS = "all others"
_INK = "#0a0b0c"
"""Stands for the page's text colour."""
_SIZE = (5.4, 3.1)


def success_figure(curves: Curves, evaluations: Sequence[Mapping[str, Any]]) -> str:
    """Draw the success rate against environment steps, with the evaluations' intervals.

    Args:
        curves: Training's own episodes (a thin line).
        evaluations: Rows with `timesteps`, `success` and `success_ci`; those without are left out.
    """
    figure, axes = _axes("success rate")
    _line(axes, *curves.get("rollout/success_rate"), "training episodes")
    rows = [row for row in evaluations if row.get("success") is not None]
    if rows:
        steps = np.array([row["timesteps"] for row in rows], np.float64)
        ends = np.array([row.get("success_ci") or (np.nan, np.nan) for row in rows], np.float64)
        _band(axes, steps, np.array([row["success"] for row in rows]), ends, "evaluation, 95 % CI")
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    return _svg(figure, axes, "success", "Success rate along training")


def return_figure(curves: Curves, evaluations: Sequence[Mapping[str, Any]]) -> str:
    """Draw the return of the environment's own reward against environment steps.

    Args:
        curves: Training's own episodes (a thin line).
        evaluations: Rows with `timesteps`, `return_mean`, `return_std` and `episodes`; the band
            is mean ± 1.96 standard errors.
    """
    figure, axes = _axes("return per episode")
    _line(axes, *curves.get("rollout/ep_rew_mean"), "training episodes")
    rows = [row for row in evaluations if row.get("return_mean") is not None]
    if rows:
        steps, mean = (
            np.array([row[name] for row in rows], np.float64)
            for name in ("timesteps", "return_mean")
        )
        error = [
            1.96 * row.get("return_std", np.nan) / np.sqrt(row.get("episodes") or np.nan)
            for row in rows
        ]
        ends = np.stack([mean - error, mean + error], axis=1)
        _band(axes, steps, mean, ends, "evaluation, 95 % CI")
    return _svg(figure, axes, "return", "Return along training")


def terms_figure(curves: Curves) -> str:
    """Draw the mean per step of each reward term against environment steps."""
    figure, axes = _axes("mean per step")
    for i, (name, values) in enumerate(_grouped(curves.terms).items()):
        steps, values = _thin(curves.steps, values)
        axes.plot(steps, values, label=_shown(name), **_style(i))
    return _svg(figure, axes, "terms", "Each reward term along training")


def shares_figure(curves: Curves) -> str:
    """Draw each term's share of the summed magnitudes against environment steps."""
    figure, axes = _axes("share of all terms")
    terms = {name: np.abs(values) for name, values in curves.terms.items()}
    whole = np.maximum(sum(terms.values(), np.zeros(len(curves.steps))), 1e-300)
    grouped = _grouped({name: values / whole for name, values in terms.items()})
    thinned = {name: _thin(curves.steps, values) for name, values in grouped.items()}
    if thinned:
        styles = [_style(i)["color"] for i in range(len(thinned))]
        steps = next(iter(thinned.values()))[0]
        shares = [values for _, values in thinned.values()]
        labels = [_shown(name) for name in thinned]
        axes.stackplot(steps, shares, labels=labels, colors=styles, alpha=0.85)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    return _svg(figure, axes, "shares", "Share of each reward term along training")


def change_figure(curves: Curves) -> str:
    """Draw by how much each new design of an adaptive teacher differs from the last, ‖ΔR‖₂."""
    return _designs(curves, "change", "‖ΔR‖ of a new design", "How much each design changes")


def informativeness_figure(curves: Curves) -> str:
    """Draw how informative each design of an adaptive teacher is for its learner, I_h."""
    return _designs(curves, "objective", "informativeness I_h", "Informativeness of designs")


def _designs(curves: Curves, number: str, label: str, title: str) -> str:
    """Draw a number of each shaper that logs changes: `shaper/…`, in a sum `shaper/<member>.…`."""
    figure, axes = _axes(label)
    found = (re.fullmatch(r"shaper/((.+\.)?)change", name) for name in curves.columns)
    for i, member in enumerate(match[1] for match in found if match):
        steps, values = curves.get(f"shaper/{member}{number}")
        if len(steps):
            name = _shown(member.rstrip(".") or "design")
            axes.plot(*_thin(steps, values), label=name, marker=".", **_style(i))
    return _svg(figure, axes, number, title)


def _axes(label: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.set_xlabel("environment steps", color=_INK)
    axes.set_ylabel(label, color=_INK)
    axes.grid(True, color=_INK, alpha=0.12, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_INK)
    axes.spines[["left", "bottom"]].set_alpha(0.4)
    axes.tick_params(colors=_INK, length=3)
    axes.xaxis.set_major_formatter(_thousands)
    axes.patch.set_visible(False)
    return figure, axes


def _thousands(value: float, _: float) -> str:
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def _line(axes: Any, steps: Array, values: Array, label: str) -> None:
    if len(steps):
        axes.plot(*_thin(steps, values), color=_INK, alpha=0.45, linewidth=1.1, label=label)


def _band(axes: Any, steps: Array, values: Array, ends: Array, label: str) -> None:
    colour = COLOURS[0]
    axes.fill_between(steps, ends[:, 0], ends[:, 1], color=colour, alpha=0.2, linewidth=0)
    axes.plot(steps, values, color=colour, linewidth=2, marker="o", markersize=4, label=label)
    if len(steps) == 1:
        axes.vlines(steps, ends[:, 0], ends[:, 1], color=colour, linewidth=2)


def _grouped(terms: Mapping[str, Array]) -> dict[str, Array]:
    """Keep the largest terms, in the order given, and add up the others."""
    by_size = sorted(terms, key=lambda name: -float(np.abs(terms[name]).mean()))
    if len(terms) <= MAX_TERMS:
        return dict(terms)
    kept = set(by_size[: MAX_TERMS - 1])
    rest = sum(values for name, values in terms.items() if name not in kept)
    return {**{name: terms[name] for name in terms if name in kept}, OTHERS: np.asarray(rest)}


def _shown(name: str) -> str:
    return f" {name}"  # matplotlib leaves labels out that begin with an underscore


def _style(i: int) -> dict[str, Any]:
    return {"color": COLOURS[i], "linestyle": "-" if i < 6 else "--", "linewidth": 1.8}


def _thin(steps: Array, values: Array) -> tuple[Array, Array]:
    """Keep at most `MAX_POINTS` points, averaging those that fall together."""
    n = len(steps)
    if n <= MAX_POINTS:
        return steps, values
    starts = np.unique(np.linspace(0, n, MAX_POINTS, endpoint=False).astype(int))
    counts = np.diff(np.append(starts, n))
    return np.add.reduceat(steps, starts) / counts, np.add.reduceat(values, starts) / counts


def _svg(figure: Any, axes: Any, name: str, title: str) -> str:
    """Return the figure as an `<svg>` element; `""` if nothing was drawn in it."""
    from matplotlib import rc_context

    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return ""
    axes.set_xlim(left=0)
    columns = 3 if max(map(len, labels)) > 12 else 4
    legend = figure.legend(
        handles, labels, loc="outside upper left", ncols=columns, frameon=False,
        fontsize=9, labelcolor=_INK, handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_parse_math(False)  # a term may be called $x
        text.set_text(printable(label.strip())[:64])
    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": f"rewardlab-{name}"}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg ") :].replace(_INK, "currentColor")
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
