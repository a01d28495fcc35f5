"""Short versions of `benchmarks/soak.py`: what leaks or drifts slowly shows there."""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

SOAK = Path(__file__).resolve().parents[2] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak() -> dict[str, Any]:
    return runpy.run_path(str(SOAK), run_name="soak")


@pytest.mark.parametrize("n", [1, 8, 256])
def test_thousands_of_calls_neither_drift_nor_grow(soak: dict[str, Any], n: int) -> None:
    assert soak["calls"](4000 * min(n, 8), n) == []


def test_programs_of_every_kind_leave_nothing(
    soak: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kinds = [*soak["KINDS"], *soak["OUTLAWS"]]
    for kind in kinds:
        assert soak["judge"](kind, 1, tmp_path) == []
    before = soak["held"](tmp_path)._replace(segments=0)
    for kind in kinds:
        assert soak["judge"](kind, 2, tmp_path) == []
    after = soak["held"](tmp_path)._replace(segments=0)
    assert all(b <= a for a, b in zip(before, after, strict=True)), (before, after)
