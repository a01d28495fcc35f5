"""The doctor shows what it tried, and what to do where a layer is missing."""

from __future__ import annotations

import sys

import pytest

from rewardlab.sandbox.doctor import proof
from rewardlab.sandbox.doctor.proof import Proof
from rewardlab.sandbox.layers import Layer

NAMES = ("seccomp", "landlock", "rlimits", "clean process", "reading", "whole jail")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's layers are Linux's")
def test_it_says_what_it_tried(cli) -> None:
    sandbox = cli("doctor", "--json").json["sandbox"]
    assert tuple(layer["name"] for layer in sandbox["layers"]) == tuple(sandbox["trials"]) == NAMES
    for layer in sandbox["layers"]:
        if layer["works"]:
            assert "forbidden: " in layer["why"]
        for trial in sandbox["trials"][layer["name"]]:
            assert set(trial) == {"act", "possible_without", "forbidden"}
    works = all(layer["works"] for layer in sandbox["layers"])
    assert (sandbox["level"] == "full", sandbox["outer_box"] is None) == (works, works)


def test_it_tries_the_lock_of_a_trainer(cli) -> None:
    found = cli("doctor", "--json").json["sandbox"]["lockdown"]
    assert set(found) == {"name", "works", "why"}
    assert found["works"] or found["why"]


def test_below_the_full_sandbox_it_offers_an_outer_box(cli, monkeypatch) -> None:
    layers = tuple(Layer(name, name != "landlock", "because") for name in NAMES)
    monkeypatch.setattr(proof, "prove", lambda: Proof("partial", layers, {}))
    said = cli("doctor")
    assert said.code == 0
    assert "docker run" in said.out
    assert "--network none" in said.out
    assert "landlock" in said.out
    assert "missing" in said.out


def test_each_missing_package_is_told_with_its_extra() -> None:
    from rewardlab.cli.doctor import _remedy

    assert _remedy("envpool") == "pip install 'rewardlab[fast]'"
    assert _remedy("scipy") == "pip install rewardlab"
