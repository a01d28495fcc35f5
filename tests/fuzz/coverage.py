"""Coverage-guided texts for the reading, by atheris: whatever reaches new code is kept.

python -m tests.fuzz.coverage OUT SECONDS SEED
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["rewardlab.program"]):
    from rewardlab.program.reading import read  # noqa: F401
from tests.fuzz.oracles import check_reading
from tests.fuzz.programs import change, write
from tests.fuzz.scenes import SCENES
from tests.fuzz.writer import Writer

_SCENE = SCENES["table"]


def main() -> None:
    """Fuzz until the time is over; libFuzzer ends the process."""
    out, seconds, seed = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    corpus = out / "coverage"
    corpus.mkdir(parents=True, exist_ok=True)
    for i in range(60):
        (corpus / f"seed-{i}").write_text(
            write(Random(f"{seed}:seed:{i}"), _SCENE), "utf-8", "replace"
        )
    number = str(abs(hash(seed)) % 1_000_000 + 1)
    flags = [f"-max_total_time={seconds}", f"-seed={number}", "-max_len=6000", "-timeout=20"]
    flags += ["-rss_limit_mb=3000", f"-artifact_prefix={out}/coverage-"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], _one, custom_mutator=_mutate)
    atheris.Fuzz()


def _one(data: bytes) -> None:
    check_reading(data.decode("utf-8", "replace"), _SCENE)


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    rng = Random(seed)
    if rng.random() < 0.5:
        return bytes(atheris.Mutate(data, max_size))
    writer = Writer(rng, _SCENE, wild=0.3, evil=0.5)
    try:
        text = change(data.decode("utf-8", "replace"), rng, writer)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = write(rng, _SCENE)
    return text.encode("utf-8", "replace")[:max_size]


if __name__ == "__main__":
    main()
