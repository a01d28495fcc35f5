"""Reading contacts and positions from MuJoCo without changing its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class FloorContacts:
    """Which groups of geoms touch the floor, in the last physics step.

    Args:
        model: The MuJoCo model.
        groups: Names of the geoms of each group.
        others: Add a last group of all geoms that are in none.
        floor: Name of the floor's geom.
    """

    def __init__(
        self,
        model: Any,
        groups: Sequence[Sequence[str]],
        *,
        others: bool = False,
        floor: str = "floor",
    ) -> None:
        self._floor = model.geom(floor).id
        self._n = len(groups) + others
        self._group = {model.geom(name).id: i for i, names in enumerate(groups) for name in names}
        if others:
            rest = set(range(model.ngeom)) - {self._floor, *self._group}
            self._group |= dict.fromkeys(rest, len(groups))

    def read(self, data: Any) -> list[bool]:
        """Return for each group whether it touches the floor."""
        touching = [False] * self._n
        if data.ncon:
            for a, b in data.contact.geom.tolist():
                other = b if a == self._floor else a if b == self._floor else -1
                group = self._group.get(other)
                if group is not None:
                    touching[group] = True
        return touching


def kinematics(model: Any, data: Any) -> tuple[Callable[[], None], Any]:
    """Return a function that places all bodies for the current `qpos`, and where it puts them.

    After a step MuJoCo's own positions are still those before its last substep; computing them
    in place would change what the environment's reward measures, hence the second `MjData`.
    """
    import mujoco

    scratch = mujoco.MjData(model)
    position, placed = data.qpos, scratch.qpos

    def place() -> None:
        placed[:] = position
        mujoco.mj_kinematics(model, scratch)

    return place, scratch
