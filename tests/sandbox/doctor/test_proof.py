"""What the doctor proves: a layer that does not hold is named with what got through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewardlab.sandbox import link
from rewardlab.sandbox.capabilities import level
from rewardlab.sandbox.doctor import attacks, proof
from rewardlab.sandbox.trials import LEAKS, WORKS, Outcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")

NAMES = ["seccomp", "landlock", "rlimits", "clean process", "reading", "whole jail"]


@pytest.fixture(scope="module")
def proved() -> proof.Proof:
    return proof.prove()


def test_every_layer_is_tried_by_acts_that_are_possible_without_it(proved: proof.Proof) -> None:
    assert [layer.name for layer in proved.layers] == NAMES
    assert proved.level == level()
    for layer in proved.layers:
        if layer.works:
            tried = proved.trials[layer.name]
            possible = [trial for trial in tried if trial["possible_without"]]
            assert len(possible) >= 3, layer
            assert all(trial["forbidden"] for trial in possible)
            assert layer.why.startswith(f"{len(possible)} of {len(possible)} forbidden: ")


def test_nothing_is_left_behind(proved: proof.Proof, descriptors) -> None:
    before, folder = descriptors(), set(os.listdir("/tmp"))
    children = set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
    attacks.inherited_and_done()
    now = set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
    assert descriptors() == before
    assert now <= children
    assert not [name for name in set(os.listdir("/tmp")) - folder if name.startswith("tmp")]
    assert "REWARDLAB_CANARY" not in os.environ


def test_a_layer_that_leaks_is_named_with_what_got_through() -> None:
    tried = [Outcome("swim", LEAKS, WORKS), Outcome("fly", LEAKS, LEAKS), Outcome("sing", WORKS, 0)]
    layer = proof._judge("rlimits", tried)
    assert not layer.works
    assert layer.why == ("got through: fly; 1 of 2 forbidden: swim; impossible here anyway: sing")


def test_what_is_impossible_anyway_proves_nothing() -> None:
    assert not proof._judge("rlimits", [Outcome("sing", WORKS, WORKS)]).works


def test_layers_that_do_nothing_are_found_out() -> None:
    code = """
import json
from rewardlab.sandbox.doctor import acts
acts.seccomp = acts.landlock = acts.rlimits = lambda *_, **__: None
print(json.dumps(acts.thorough()))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    for name, tried in json.loads(run.stdout).items():
        assert {with_ for _, _, with_ in tried} == {LEAKS}, name


def test_a_jail_that_does_nothing_is_found_out(monkeypatch) -> None:
    monkeypatch.setattr(attacks, "Guards", lambda **_: attacks._OPEN)
    done = attacks.inherited_and_done()[1]
    assert {outcome.with_ for outcome in done} == {LEAKS}


def test_a_reader_that_accepts_or_refuses_all_is_found_out(monkeypatch) -> None:
    monkeypatch.setattr(attacks, "REFUSED", {"good": attacks.ACCEPTED})
    assert attacks.reading() == [Outcome("good", LEAKS, LEAKS)]
    monkeypatch.setattr(attacks, "ACCEPTED", "import os")
    assert attacks.reading()[0].without == WORKS


def test_an_environment_that_gets_in_is_found_out(monkeypatch) -> None:
    def leak(hash_seed: str) -> dict[str, str]:
        return {**os.environ, "PYTHONHASHSEED": hash_seed}

    monkeypatch.setattr(link, "environment", leak)
    seen, descriptor, folder = attacks.inherited_and_done()[0]
    assert (seen.with_, descriptor.with_, folder.with_) == (LEAKS, WORKS, WORKS)
