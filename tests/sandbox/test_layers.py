"""Each layer alone, the others switched off: what it stops, and what is known to pass it.

Without any layer the same attempts have their effect, so a layer's test fails when it is off.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator

import pytest

from rewardlab.program.reading import read
from rewardlab.sandbox import kernel, spawn
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts import ALL
from tests.sandbox.attempts.battery import NONE, run
from tests.sandbox.attempts.world import World

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="attempts use x86-64's numbers"),
]

TRIED = {name: one for name, one in ALL.items() if not one.harmless}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def effects(name: str, world: World, **on: bool) -> frozenset[str]:
    """Return the effects of an attempt with only these layers on."""
    spawn.zygote().facts(Limits())
    found = run(TRIED[name], world, NONE._replace(**on)).effects
    if found:
        world.renew()
    return found


def stopped_by_limits(name: str) -> bool | None:
    """Say whether limits stop it alone: of processes and threads only who is not root has none."""
    new = name.startswith(("processes: ", "threads: "))
    plain = TRIED[name].alone and not TRIED[name].needs
    return True if new and plain and os.geteuid() else TRIED[name].rlimits


@pytest.mark.parametrize("name", TRIED)
def test_a_layer_alone_stops_what_the_table_says(world: World, name: str) -> None:
    attempt = TRIED[name]
    by_landlock = 0 < attempt.landlock <= kernel.landlock_abi()
    assert not effects(name, world, seccomp=True)
    if by_landlock:
        assert not effects(name, world, landlock=True)
    by_limits = stopped_by_limits(name)
    if by_limits:
        assert not effects(name, world, rlimits=True)
    if attempt.alone and not attempt.needs:
        rest = {"landlock": not by_landlock, "rlimits": by_limits is False}
        assert effects(name, world, **rest), "the other layers stop more than the table says"


@pytest.mark.parametrize("name", ALL)
def test_reading_alone_refuses_it(schema, name: str) -> None:
    for source in (ALL[name].program({}), ALL[name].bare()):
        assert not read(source, schema).ok
