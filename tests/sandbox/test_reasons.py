"""What is said about a layer that does not work: the remedy fits the reason."""

from __future__ import annotations

import errno
import platform
import sys

import pytest

from rewardlab.sandbox.layers import Layer, judged, lacking, level_of, reason
from rewardlab.sandbox.trials import LEAKS, WORKS

REASONS = {
    ("landlock", "4.4.0", errno.ENOSYS): "use Linux 5.13 or newer, no gVisor",
    ("landlock", "5.12.1-generic", errno.ENOSYS): "use Linux 5.13 or newer",
    ("landlock", "5.13.0", errno.ENOSYS): "a container hides it",
    ("landlock", "6.18.44-fc", errno.ENOSYS): "--security-opt",
    ("landlock", "6.1.0", errno.EOPNOTSUPP): "lsm=",
    ("landlock", "6.1.0", errno.EPERM): "forbidden from outside",
    ("seccomp", "6.1.0", errno.EPERM): "--security-opt",
    ("seccomp", "3.2.0", errno.EINVAL): "use Linux 5.13 or newer",
    ("rlimits", "6.1.0", errno.ENOENT): "without /proc",
    ("rlimits", "6.1.0", LEAKS): "it forbids nothing here",
    ("rlimits", "6.1.0", errno.EINVAL): "error EINVAL",
    ("rlimits", "6.1.0", 254): "error 254",
}


@pytest.mark.skipif(sys.platform != "linux", reason="reasons of Linux")
@pytest.mark.parametrize("case", REASONS)
def test_the_remedy_fits_the_reason(monkeypatch, case: tuple[str, str, int]) -> None:
    name, release, error = case
    monkeypatch.setattr(platform, "release", lambda: release)
    said = reason(name, error)
    assert REASONS[case] in said
    assert "\n" not in said
    assert judged(name, error, "fine") == Layer(name, False, said)


def test_other_systems_and_processors_are_told_so(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert reason("landlock", errno.ENOSYS) == reason("seccomp", LEAKS) == "only Linux has it"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "riscv64" in reason("seccomp", errno.ENOSYS)


def test_arm_works_as_an_experiment(monkeypatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    layer = judged("seccomp", WORKS, "fine")
    assert layer.works
    assert "experimental on aarch64" in layer.why
    assert "experimental" not in judged("landlock", WORKS, "fine").why


def test_whatever_is_missing_the_level_is_below_full() -> None:
    names = ("seccomp", "landlock", "rlimits", "clean process", "reading", "whole jail")
    for missing in names:
        found = [Layer(name, name != missing, "") for name in names]
        assert level_of(found) == ("process-only" if missing == "clean process" else "partial")
    assert level_of(Layer(name, True, "") for name in names) == "full"
    off = ("seccomp", "landlock")
    assert level_of(Layer(name, name not in off, "") for name in names) == "process-only"


def test_layers_with_the_same_reason_are_named_together() -> None:
    found = [Layer("a", False, "x"), Layer("b", True, "y"), Layer("c", False, "x")]
    assert lacking([*found, Layer("d", False, "z")]) == "a and c (x); d (z)"
