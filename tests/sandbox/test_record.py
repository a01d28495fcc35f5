"""What is recorded of the sandbox says how a program was held."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rewardlab.program.vocabulary import vocabulary_hash
from rewardlab.sandbox.capabilities import layers, level
from rewardlab.sandbox.record import FIELDS, record


def test_a_record_has_every_field_whatever_ran() -> None:
    held = record()
    assert set(held) == set(FIELDS)
    assert json.loads(json.dumps(held)) == held
    assert held["sandbox_level"] == level()
    assert [layer["name"] for layer in held["layers"]] == [layer.name for layer in layers()]
    assert held["numpy"] == np.__version__
    assert held["vocabulary"] == vocabulary_hash()
    assert held["limits"]["memory_mib"] > 0
    assert all(held[name] for name in ("kernel", "architecture", "python", "scipy"))
    assert held["trust"] == {"allow_degraded_sandbox": False, "trust_pickle": False}


def test_the_filter_is_known_by_its_hash() -> None:
    held = record()
    if not next(layer for layer in layers() if layer.name == "seccomp").works:
        pytest.skip("this kernel has no seccomp")
    assert len(held["filter"]) == 64
    assert "KILL_PROCESS" in held["filter_action"]


def test_risks_that_were_accepted_stand_in_it() -> None:
    held = record(lockdown=True, allow_degraded_sandbox=True, trust_pickle=True)
    assert held["lockdown"] is True
    assert held["trust"] == {"allow_degraded_sandbox": True, "trust_pickle": True}
