from __future__ import annotations

import json

import pytest

from rewardlab.errors import SandboxUnavailable
from rewardlab.sandbox import capabilities
from rewardlab.sandbox.capabilities import Layer, layers, level, require


def pretend(monkeypatch: pytest.MonkeyPatch, **works: bool) -> None:
    names = ("seccomp", "landlock", "rlimits", "clean process")
    found = tuple(Layer(name, works.get(name.split()[0], True), "because") for name in names)
    monkeypatch.setattr(capabilities, "layers", lambda: found)


def test_layers_are_named_and_explained() -> None:
    assert [layer.name for layer in layers()] == ["seccomp", "landlock", "rlimits", "clean process"]
    assert all(layer.why for layer in layers())


def test_the_facts_of_a_run_tell_what_held_its_program() -> None:
    facts = capabilities.facts()
    assert facts["level"] == level()
    assert [layer["name"] for layer in facts["layers"]] == [layer.name for layer in layers()]
    assert facts["limits"]["memory_mib"] > 0
    assert json.loads(json.dumps(facts)) == facts


def test_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    for works, expected in (
        ({}, "full"),
        ({"landlock": False}, "partial"),
        ({"seccomp": False, "landlock": False}, "process-only"),
    ):
        pretend(monkeypatch, **works)
        assert level() == expected


def test_below_full_a_model_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, landlock=False)
    with pytest.raises(SandboxUnavailable, match="landlock"):
        require("require", True)
    with pytest.raises(SandboxUnavailable, match="--allow-degraded-sandbox"):
        require("auto")
    assert require("auto", True) == "partial"
    assert require("auto", trusted=True) == "partial"


def test_without_a_process_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, seccomp=False, landlock=False, rlimits=False, clean=False)
    with pytest.raises(SandboxUnavailable):
        require("auto", True, trusted=True)
