"""The packaged Jinja2 templates: strict about names, and values are never rendered again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rewardlab.coders.text import CODE_LIMIT, clean, untagged

if TYPE_CHECKING:
    from jinja2 import Environment


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Return a template with its variables filled in; one that has no value is an error."""
    return environment().get_template(template).render(values).strip() + "\n"


@cache
def environment() -> Environment:
    """Return the engine, with the filters `clean`, `fenced`, `json` and `untagged`."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    engine = Environment(
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.filters.update(clean=clean, fenced=fenced, json=as_json, untagged=untagged)
    return engine


def source(name: str) -> str:
    """Return the text of a packaged template, e.g. `"tips/locomotion.j2"`."""
    return files("rewardlab").joinpath("prompts", *name.split("/")).read_text("utf-8")


def closure(names: set[str]) -> set[str]:
    """Return templates with all those that they include, directly or not."""
    from jinja2.meta import find_referenced_templates

    found = set(names)
    for name in names:
        tree = environment().parse(source(name))
        found |= closure({other for other in find_referenced_templates(tree) if other})
    return found


def fenced(code: str) -> str:
    """Return code as a block whose fence is longer than any run of backticks inside it."""
    text = clean(code, CODE_LIMIT).rstrip()
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{text}\n{fence}"


def as_json(value: Any) -> str:
    """Return JSON on one line that closes no tag around it."""
    return json.dumps(value, ensure_ascii=False, default=str).replace("</", "<\\/")
