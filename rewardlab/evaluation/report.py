"""One self-contained page about a run: what was asked, what was learned, how to do it again."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewardlab.errors import RewardlabError, StorageError
from rewardlab.evaluation.curves import Curves, Term
from rewardlab.evaluation.evaluate import Evaluation
from rewardlab.evaluation.facts import gather
from rewardlab.evaluation.statistics import Interval
from rewardlab.store.files import storage_error, write_json, write_text
from rewardlab.store.text import printable

if TYPE_CHECKING:
    from rewardlab.program.program import RewardProgram
    from rewardlab.training.run import Run

MAX_VIDEO_BYTES = 8_000_000
"""A larger video stays beside the page instead of inside it."""


@dataclass(frozen=True)
class Report:
    """Where a report is, and its main numbers.

    Attributes:
        path: `report.html`.
        json_path: `report.json`, the same facts as data.
        run: Id of the run.
        success: Success rate of the last evaluation; `None` without a signal or an evaluation.
        success_ci: Wilson's 95 % interval of it.
        episodes: Episodes behind it, 0 without an evaluation.
        return_mean: Mean return of the environment's own reward.
        terms: Reward terms, those of the largest share first.
        missing: What the report lacks, each with the command that would add it.
        apart: That success does not measure the wish, where a run was asked for something else.
    """

    path: Path
    json_path: Path
    run: str
    success: float | None
    success_ci: Interval | None
    episodes: int
    return_mean: float | None
    terms: tuple[Term, ...]
    missing: tuple[str, ...]
    apart: str = ""

    def _repr_html_(self) -> str:
        """Return what a notebook shows: result, clip and terms."""
        from rewardlab.evaluation.notebook import report_html

        return report_html(self)


def report(run: Run | str | Path) -> Report:
    """Write `report.html` and `report.json` into a run's folder, from what the folder holds.

    A run that is unfinished, was not evaluated or has no video gets a report too, which says
    what is missing and which command adds it.

    Args:
        run: The run, its folder or its id; nothing is executed.

    Raises:
        StorageError: The folder cannot be read or written.
    """
    from rewardlab.training.run import Run

    run = Run.open(run)
    html, data = run.path / "report.html", run.path / "report.json"
    try:
        facts = gather(run)
        page = render(facts)
    except (RewardlabError, OSError):
        raise
    except Exception as error:  # facts of another's folder may be of any type
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise StorageError(f"what {run.path} holds does not fit together ({why})") from error
    write_text(html, page)
    write_json(data, _json(facts))
    evaluation: Evaluation | None = facts["evaluation"]
    return Report(
        path=html,
        json_path=data,
        run=run.id,
        success=evaluation.success if evaluation else None,
        success_ci=evaluation.success_ci if evaluation else None,
        episodes=evaluation.episodes if evaluation else 0,
        return_mean=evaluation.return_mean if evaluation else None,
        terms=tuple(facts["terms"]),
        missing=tuple(" ".join(item.values()).strip() for item in facts["missing"]),
        apart=facts["apart"],
    )


def render(facts: dict[str, Any]) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from rewardlab.evaluation import plots

    environment = Environment(
        loader=PackageLoader("rewardlab.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "code": _highlight,
        "signed": signed,
        "plain": _plain,
    }
    curves: Curves = facts["curves"]
    figures = {
        "success": plots.success_figure(curves, facts["evaluations"]),
        "return": plots.return_figure(curves, facts["evaluations"]),
        "terms": plots.terms_figure(curves),
        "shares": plots.shares_figure(curves),
        "change": plots.change_figure(curves),
        "objective": plots.informativeness_figure(curves),
    }
    template = environment.get_template("report.html.j2")
    video: Path | None = facts["video"]
    film = film_of(video) if video else None
    return template.render({**facts, "figures": figures, "film": film})


def _json(facts: dict[str, Any]) -> dict[str, Any]:
    evaluation: Evaluation | None = facts["evaluation"]
    program: RewardProgram | None = facts["program"]
    return {
        "run": facts["run"],
        "status": facts["status"],
        "task": facts["config"]["task"],
        "goal": facts["config"]["goal"] or facts["task"]["goal"],
        "success_definition": facts["task"]["success"],
        "apart": facts["apart"],
        "reward": facts["config"]["reward"],
        "shaping": facts["config"]["shaping"],
        "program_id": program.id if program else None,
        "source": program.source if program else None,
        "parent": facts["parent"],
        "feedback": facts["feedback"],
        "verdict": facts["verdict"],
        "n_timesteps": facts["config"]["n_timesteps"],
        "steps_done": facts["steps"],
        "seed": facts["config"]["seed"],
        "evaluation": evaluation.to_json() if evaluation else None,
        "learning_curve": facts["evaluations"],
        "worker": facts["worker"],
        "terms": [term._asdict() for term in facts["terms"]],
        "config": facts["config"],
        "versions": facts["versions"],
        "sandbox": facts["sandbox"],
        "command": facts["command"],
        "again": facts["again"],
        "video": facts["video"].name if facts["video"] else None,
        "missing": facts["missing"],
    }


def film_of(path: Path) -> dict[str, str]:
    """Return what the page plays, and the picture that it shows until then."""
    from rewardlab.evaluation.video import poster

    try:
        inside = path.stat().st_size <= MAX_VIDEO_BYTES
        uri = _data_uri("video/mp4", path.read_bytes()) if inside else path.name
    except OSError as error:
        raise storage_error(path, error) from error
    picture = poster(path)
    return {
        "uri": uri,
        "poster": _data_uri("image/jpeg", picture) if picture else "",
    }


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _shown(value: Any) -> Any:
    """Return what the page shows: text of others without invisible characters."""
    return printable(value) if type(value) is str else value


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}\u00a0%"


def signed(value: float | None) -> str:
    """Return a number of about three digits with a true minus."""
    if value is None:
        return "–"
    value = 0.0 if abs(value) < 1e-9 else value
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "−")


def _plain(value: Any) -> str:
    """Return what was recorded as words: mappings as `name value`, layers with their marks."""
    if isinstance(value, dict) and "works" in value:
        return f"{value['name']} ✓" if value["works"] else f"{value['name']} ✗ {value['why']}"
    if isinstance(value, dict):
        words = (f"{name} {_plain(part)}".replace("_", " ") for name, part in value.items())
        return ", ".join(words) or "none"
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, bool):  # 0 and 1 equal False and True, but are numbers here
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _highlight(source: str, language: str = "python") -> Any:
    """Return program text as HTML with classes for its tokens; everything in it is escaped."""
    from markupsafe import Markup
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    options: dict[str, Any] = {"linenos": "inline"} if language == "python" else {}
    formatter = HtmlFormatter(cssclass="code", **options)
    return Markup(highlight(printable(source), get_lexer_by_name(language), formatter))
