"""A fast part of `benchmarks/composer.py`: composed programs rank played trajectories."""

import sys
from pathlib import Path

import pytest
import yaml

from rewardlab.envs.tasks import task

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
SOME = (
    "metaworld/drawer-open",
    "metaworld/pick-place",
    "tabletop/lift-cube",
    "tabletop/stack-cube",
    "tabletop/push-chair",
    "tabletop/open-cabinet-door",
    "locomotion/hopper-front-flip",
    "locomotion/ant-lie-down",
)
ASKED = yaml.safe_load((BENCHMARKS / "composer_goals.yaml").read_text())


@pytest.fixture(scope="module")
def scoring():
    """The benchmark's module."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import composer
    finally:
        sys.path.remove(str(BENCHMARKS))
    return composer


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
@pytest.mark.parametrize("task_id", SOME)
def test_what_was_asked_for_is_paid_most(task_id, scoring):
    t = task(task_id)
    played = scoring.bank(t)
    for case in ASKED["goals"][task_id]:
        assert scoring.judge(t, played, case, probe=False).wrong == ""


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
def test_a_program_that_pays_for_something_else_ranks_wrongly(scoring):
    t = task("metaworld/drawer-open")
    wrong = {"say": "Open the drawer.", "wins": "opposite"}
    assert "goal gets" in scoring.judge(t, scoring.bank(t), wrong, probe=False).wrong


@pytest.mark.parametrize("task_id", ASKED["refuse"])
def test_what_must_be_refused_is(task_id, scoring):
    for case in ASKED["refuse"][task_id]:
        assert scoring.refusal(task(task_id), case).wrong == ""
