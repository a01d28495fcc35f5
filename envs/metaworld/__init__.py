"""MetaWorld V3: 50 tabletop tasks of a Sawyer arm, `metaworld/<name>`.

Success is the environment's own flag, the goal is random per episode, the oracle is the
environment's own dense reward. Eleven tasks are Text2Reward's (ten with its sentences).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from rewardlab.envs.metaworld.env import MAX_HORIZON, make
from rewardlab.envs.metaworld.pool import EQUAL, make_pool
from rewardlab.envs.metaworld.scene import schema, success_text
from rewardlab.envs.metaworld.table import PUBLISHED_NAMES, ROWS, Near, Row
from rewardlab.envs.tasks import Task, TaskEntry
from rewardlab.errors import ConfigError

HORIZON = 200
ORACLE = "MetaWorld's own dense reward, between 0 and 10 per step"


def entries() -> Iterator[TaskEntry]:
    """Yield the 50 tasks, Text2Reward's first."""
    for row in ROWS.values():
        yield TaskEntry(f"metaworld/{row.name}", "metaworld", row.goal, success=True)


def build(name: str, *, horizon: int | None = None) -> Task:
    """Return a task.

    Args:
        name: The environment's name without version, e.g. `"drawer-open"`.
        horizon: Steps per episode, 1 to 500 (MetaWorld's own maximum); by default 200.

    Raises:
        ConfigError: The horizon is out of range.
    """
    if horizon is not None and not (isinstance(horizon, int) and 1 <= horizon <= MAX_HORIZON):
        raise ConfigError(f"horizon={horizon!r}: MetaWorld takes 1 to {MAX_HORIZON} steps")
    return _build(name, horizon)


@cache
def _build(name: str, asked: int | None) -> Task:
    row, horizon = ROWS[name], HORIZON if asked is None else asked
    return Task(
        id=f"metaworld/{name}",
        suite="metaworld",
        goal=row.goal,
        scene=schema(row),
        success=success_text(row.scored),
        oracle=ORACLE,
        env_id=f"{name}-v3",
        horizon=horizon,
        make=partial(make, name, horizon),
        make_pool=partial(make_pool, name, horizon) if name in EQUAL else None,
        tips=tuple(_tips(row)),
        published=name in PUBLISHED_NAMES,
        options={} if asked is None else {"horizon": horizon},
    )


def _tips(row: Row) -> Iterator[str]:
    scored = row.scored
    if isinstance(scored, Near):
        if len(scored.axes) == 1:
            yield f"Only {scored.axes} is scored: abs of that coordinate's difference alone."
        if len(scored.axes) == 2:
            yield "Only x and y are scored, not the height."
        if scored.apart:
            yield (
                f"obj1.position stays apart from goal_position by {scored.apart} even when solved: "
                "the plain distance does not reach 0."
            )
    if row.tip:
        yield row.tip
    if row.begins:
        yield f"Every episode begins with {row.begins}, as far from the goal as it goes."
    yield "Where the objects start, and in most tasks the goal, is random in every episode."
    yield "The policy observes the goal too, which MetaWorld hides by default."
