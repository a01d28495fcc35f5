"""A small share of what `make fuzz` does for ten minutes, the same in every run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from rewardlab.sandbox import spawn
from tests.fuzz import audit
from tests.fuzz.answers import check_answer, check_predicate
from tests.fuzz.files import Files
from tests.fuzz.lane import Lane, program
from tests.fuzz.oracles import Failure, check_reading, check_running
from tests.fuzz.reduce import reduce
from tests.fuzz.replies import check_reply
from tests.fuzz.scenes import SCENES

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.txt"))
"""Programs that once made something fail; the first line names the scene."""


@pytest.fixture(scope="module")
def watched():
    audit.install()
    yield
    spawn.close(audit.SEED)


def test_a_good_part_of_the_programs_passes_the_reading():
    ok = Counter()
    for i in range(150):
        source, scene, _ = program("ci", i)
        ok[check_reading(source, SCENES[scene]).ok] += 1
    assert ok[True] > 45
    assert ok[False] > 45


def test_what_passes_touches_nothing(watched, tmp_path):
    lane = Lane(tmp_path, "ci")
    for i in range(45):
        source, scene, _ = program("ci", i)
        lane.check_program(source, scene)
    assert lane.counts["accepted"] > 10
    assert lane.counts["run"] > 5


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_once_failed_holds(watched, path):
    source = path.read_text()
    schema = SCENES[source.split()[1]]
    reading = check_reading(source, schema)
    if reading.ok:
        check_running(source, schema, reading)


def test_no_reply_harms_the_parent():
    for i in range(600):
        check_reply(Random(f"ci:{i}"))


def test_no_file_harms_its_reader(tmp_path):
    files = Files(tmp_path, models=False)
    for i in range(60):
        files.check(Random(f"ci:{i}"))


def test_no_answer_harms_who_asked():
    for i in range(60):
        check_answer(Random(f"ci:{i}"))
        check_predicate(Random(f"ci:{i}"))


def test_a_failing_program_is_made_small():
    source, _, _ = program("ci", 4)
    source += "\n\ndef f(x):\n    if x > 1:\n        y = [1.0, bomb(x), 2.0]\n    return y\n"
    small = reduce(source, lambda text: "bomb(" in text)
    assert small.strip() in ("bomb(x)", "bomb(1.0)", "bomb()")


def test_a_failure_is_kept_with_how_to_see_it_again(tmp_path, monkeypatch, capsys):
    def fail(source, schema):
        raise Failure("reading-raises", "ValueError: 7")

    monkeypatch.setattr("tests.fuzz.lane.check_reading", fail)
    lane = Lane(tmp_path, "ci")
    for i in range(3):
        lane.try_program("x = 1\n", "table", f"ci:{i}")
    assert lane.failures.total() == 3
    (kept,) = tmp_path.glob("reading-raises-*.json")
    assert str(kept) in capsys.readouterr().out
