import re
import subprocess
import sys
from dataclasses import replace

import pytest

from rewardlab.envs.tasks import SUITES, scene_of, task, tasks
from rewardlab.errors import ConfigError, UnknownName
from rewardlab.program.reading import read
from rewardlab.training.recipes import TEXT2REWARD


def test_all_suites_are_listed_with_goals():
    entries = {entry.id: entry for entry in tasks()}
    assert sum(id.startswith("metaworld/") for id in entries) == 50
    assert sum(id.startswith("locomotion/") for id in entries) == 8
    assert all(entry.goal.endswith(".") and entry.success for entry in entries.values())
    assert entries["metaworld/drawer-open"].goal == "Open a drawer by its handle."


def test_listing_and_describing_import_no_simulator():
    code = (
        "import sys; from rewardlab.envs.tasks import task, tasks; list(tasks());"
        "task('metaworld/drawer-open').describe(); task('locomotion/ant-forward').describe();"
        "task('fetch/push').describe(); task('kitchen/kettle').describe();"
        "print([m for m in ('mujoco', 'metaworld', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_task_names_the_closest():
    with pytest.raises(UnknownName, match="metaworld/drawer-open") as caught:
        task("metaworld/drawer-opn")
    assert caught.value.exit_code == 2
    with pytest.raises(UnknownName, match="did you mean locomotion/hopper-forward"):
        task("hopper-forward")


def test_an_unknown_option_names_the_closest():
    with pytest.raises(ConfigError, match="did you mean 'horizon'"):
        task("metaworld/drawer-open", horizn=100)


@pytest.mark.parametrize("horizon", [0, 501, "long", [200]])
def test_metaworld_refuses_a_horizon_beyond_its_own_limit(horizon):
    with pytest.raises(ConfigError, match="1 to 500"):
        task("metaworld/drawer-open", horizon=horizon)


def test_a_task_is_built_again_from_its_options():
    for made in (task("metaworld/push", horizon=77), task("locomotion/ant-forward", horizon=9)):
        assert task(made.id, **made.options).horizon == made.horizon
    assert task("metaworld/push") is task("metaworld/push")


@pytest.mark.parametrize(
    "id", ["metaworld/drawer-open", "tabletop/turn-faucet", "locomotion/ant-forward"]
)
def test_a_finding_lists_the_members_that_the_description_shows(id):
    source = "def compute_dense_reward(self, action):\n    return self.nothing\n"
    (finding,) = read(source, task(id).scene).findings
    listed = finding.hint.partition("members: ")[2].split(", ")
    shown = task(id).describe().partition("# this is `self`")[2].partition("action: ")[0]
    assert set(listed) == set(re.findall(r"^    (\w+)(?=[:(])", shown, re.MULTILINE))


def test_the_published_tasks_are_those_with_a_recipe_of_the_paper_and_the_behaviours():
    behaviours = {f"locomotion/hopper-{b}" for b in ("forward", "front-flip", "back-flip")}
    behaviours |= {f"locomotion/ant-{b}" for b in ("forward", "lie-down", "wave-leg")}
    assert {entry.id for entry in tasks() if entry.published} == set(TEXT2REWARD) | behaviours


def test_only_tasks_known_by_name_are_built_for_their_scene(monkeypatch):
    assert scene_of("locomotion/ant-forward") == task("locomotion/ant-forward").scene
    assert scene_of("metaworld/none") is None
    assert scene_of("gym/some.module:Env-v0") is None
    monkeypatch.setitem(SUITES, "locomotion", replace(SUITES["locomotion"], requires="not_there"))
    assert scene_of("locomotion/ant-forward") is None
