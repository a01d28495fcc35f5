"""The jail alone, past the static reading: whatever is tried has no effect outside the worker.

Each attempt first has its effect in an ordinary process, in the same test: else a missing tool
would look like a wall. Judged are effects (files, listeners, other processes, what the kernel says
about the worker), not exceptions: programs may swallow those.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

import pytest

from rewardlab.sandbox import spawn
from rewardlab.sandbox.capabilities import layers
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts import ALL
from tests.sandbox.attempts.battery import JAIL, run, unjailed
from tests.sandbox.attempts.world import World

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="attempts use x86-64's numbers"),
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.mark.parametrize("name", ALL)
def test_no_attempt_has_an_effect(world: World, name: str) -> None:
    attempt = ALL[name]
    spawn.zygote().facts(Limits())
    probed = run(attempt, world, JAIL, "probe")
    assert not probed.effects
    killed = run(attempt, world, JAIL, "train")
    assert not killed.effects
    assert probed.fault or killed.fault, "it was not even tried"
    if attempt.harmless:
        pytest.skip(f"jailed: no effect; not tried without a jail: {attempt.harmless}")
    control = unjailed(attempt, world)
    if control.effects:
        world.renew()
    elif attempt.needs:
        pytest.skip(f"jailed: no effect; without a jail it needs {attempt.needs}: {control.fault}")
    assert control.effects, f"it has no effect without a jail either: {control.fault}"


def test_this_machine_has_every_layer_that_the_tests_rely_on() -> None:
    missing = {layer.name for layer in layers() if not layer.works}
    assert missing <= {"landlock"}
    if missing:
        pytest.skip("LOUD: no landlock here: what it stops alone is not tested")
