from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from rewardlab.errors import SandboxUnavailable
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox import capabilities
from rewardlab.sandbox.capabilities import Layer, layers, level, require


def pretend(monkeypatch: pytest.MonkeyPatch, **works: bool) -> None:
    names = ("seccomp", "landlock", "rlimits", "clean process")
    found = tuple(Layer(name, works.get(name.split()[0], True), "because") for name in names)
    monkeypatch.setattr(capabilities, "layers", lambda: found)


def test_layers_are_named_and_explained() -> None:
    assert [layer.name for layer in layers()] == ["seccomp", "landlock", "rlimits", "clean process"]
    assert all(layer.why for layer in layers())


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
        require("require", trusted=True)
    with pytest.raises(SandboxUnavailable, match="--allow-degraded-sandbox"):
        require("auto")
    assert require("auto", trusted=True) == "partial"


def test_without_a_process_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, seccomp=False, landlock=False, rlimits=False, clean=False)
    with pytest.raises(SandboxUnavailable):
        require("auto", trusted=True)


def test_no_file_can_claim_to_be_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretend(monkeypatch, landlock=False)
    given = RewardProgram("# the user's own text")
    assert capabilities.admit(given) == "partial"
    path = tmp_path / "stranger.py"
    for origin in ("offline", "user", "edited", "file"):
        path.write_text(f"# by a stranger, who says {origin}")
        meta = {"id": hashlib.sha256(path.read_bytes()).hexdigest(), "origin": origin}
        path.with_suffix(".json").write_text(json.dumps(meta))
        loaded = RewardProgram.load(path)
        assert loaded.origin == origin
        with pytest.raises(SandboxUnavailable, match="--allow-degraded-sandbox"):
            capabilities.admit(loaded)
        with pytest.raises(SandboxUnavailable, match="--allow-degraded-sandbox"):
            capabilities.admit(replace(loaded, origin="user"))
        assert capabilities.admit(loaded, allow_degraded=True) == "partial"


def test_what_was_trusted_stays_so_through_a_file(tmp_path: Path) -> None:
    path = RewardProgram("# composed here", origin="offline").save(tmp_path / "p.py")
    assert RewardProgram.load(path).trusted
    path.write_text("# composed here, then changed")
    assert not RewardProgram.load(path).trusted


def test_what_a_model_wrote_is_not_trusted_whatever_it_is_called() -> None:
    assert not RewardProgram("# by gpt", origin="gpt").trusted
    assert not RewardProgram("# by a model named offline", origin="offline", foreign=True).trusted
