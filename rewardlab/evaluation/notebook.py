"""How values show themselves in a notebook: HTML without scripts, all text of others escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from rewardlab.store.text import printable

if TYPE_CHECKING:
    from rewardlab.design.verdict import Verdict
    from rewardlab.evaluation.evaluate import Evaluation
    from rewardlab.evaluation.report import Report
    from rewardlab.evaluation.statistics import Interval
    from rewardlab.training.run import Run


def run_html(run: Run) -> str:
    """Return a run: what was asked, its state, its last result, where its report is."""
    from rewardlab.evaluation.evaluate import last_evaluation

    config, result, page = run.config, last_evaluation(run), run.path / "report.html"
    facts = [
        ("task", config.task),
        ("goal", config.goal),
        ("status", run.status),
        ("steps", f"{config.n_timesteps:,}"),
        ("result", _success(result) if result else "not evaluated yet"),
        ("report", str(page) if page.exists() else "rewardlab.report(run) writes it"),
    ]
    return f"<b>Run {_text(run.id)}</b>{_table((), facts)}"


def evaluation_html(result: Evaluation) -> str:
    """Return an evaluation as a table."""
    low, high = result.return_ci
    facts = [
        ("result", _success(result)),
        ("return", f"{result.return_mean:.4g} [{low:.4g}, {high:.4g}]"),
        ("policy", f"{result.checkpoint} of {result.run}, evaluation seed {result.seed}"),
        ("video", result.video or "none"),
    ]
    return _table((), facts)


def report_html(report: Report) -> str:
    """Return the result of a run with its clip and a table of its terms."""
    from rewardlab.evaluation.report import film_of, signed

    rows = [
        (t.name, f"{100 * t.share:.0f} %", signed(t.mean), f"{signed(t.low)} … {signed(t.high)}")
        for t in report.terms
    ]
    notes = [report.apart, *report.missing]
    film = report.path.with_name("video.mp4")
    clip = ""
    if film.exists():
        shown = film_of(film)
        beside = "" if shown["uri"].startswith("data:") else str(film.parent) + "/"
        clip = (
            f'<video controls muted loop playsinline width="420" '
            f'src="{escape(beside + shown["uri"])}" poster="{escape(shown["poster"])}"></video>'
        )
    success = _rate(report.success, report.success_ci, report.episodes)
    return "".join(
        [
            f"<b>{_text(report.run)}: {_text(success)}</b>",
            *(f"<p>{_text(line)}</p>" for line in notes if line),
            clip,
            _table(("term", "share", "mean per step", "range"), rows) if rows else "",
            f"<p>{_text(str(report.path))}</p>",
        ]
    )


def verdict_html(verdict: Verdict) -> str:
    """Return a verdict with its findings."""
    rows = [
        (f"{f.severity} {f.code}", "" if f.line is None else str(f.line), f.message, f.hint)
        for f in verdict.findings
    ]
    head = "accepted" if verdict.ok else "refused"
    about = f"{head} in {verdict.seconds:.1f} s, sandbox: {verdict.sandbox_level}"
    table = _table(("finding", "line", "what", "remedy"), rows) if rows else ""
    return f"<b>{_text(about)}</b>{table}"


def _success(result: Evaluation) -> str:
    return _rate(result.success, result.success_ci, result.episodes)


def _rate(success: float | None, interval: Interval | None, episodes: int) -> str:
    """Return a success rate in words, e.g. `success 95 % [76, 99] over 20 episodes`."""
    if not episodes:
        return "not evaluated yet"
    if success is None:
        return f"no success signal, {episodes} episodes"
    between = f" [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]" if interval else ""
    return f"success {100 * success:.0f} %{between} over {episodes} episodes"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(name)}</th>" for name in head)
    body = "".join(
        f"<tr>{''.join(f'<td style=text-align:left>{_text(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _text(text: str) -> str:
    return escape(printable(text))
