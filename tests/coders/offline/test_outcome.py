"""A fast part of `benchmarks/composer.py`: composed programs rank played trajectories."""

from pathlib import Path

import composer
import pytest
import yaml

from rewardlab.envs.tasks import task

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
ASKED = yaml.safe_load(Path(composer.__file__).with_name("composer_goals.yaml").read_text())


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
@pytest.mark.parametrize("task_id", SOME)
def test_what_was_asked_for_is_paid_most(task_id):
    t = task(task_id)
    played = composer.bank(t)
    for case in ASKED["goals"][task_id]:
        assert composer.judge(t, played, case, probe=False).wrong == ""


@pytest.mark.filterwarnings("ignore:Constant:UserWarning")
def test_a_program_that_pays_for_something_else_ranks_wrongly():
    t = task("metaworld/drawer-open")
    wrong = {"say": "Open the drawer.", "wins": "opposite"}
    assert "goal gets" in composer.judge(t, composer.bank(t), wrong, probe=False).wrong


@pytest.mark.parametrize("task_id", ASKED["refuse"])
def test_what_must_be_refused_is(task_id):
    for case in ASKED["refuse"][task_id]:
        assert composer.refusal(task(task_id), case).wrong == ""
