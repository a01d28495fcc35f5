import json
from dataclasses import asdict
from pathlib import Path

import pytest

from rewardlab.e2cl.ablation import ablate, gathered, measure_again, page_of, publish
from rewardlab.e2cl.arms import ARMS, Settings
from rewardlab.e2cl.page import document
from rewardlab.e2cl.study import open_study
from rewardlab.e2cl.workers import workers
from rewardlab.e2cl.worlds import world_of
from rewardlab.errors import StorageError, UnknownName
from tests.e2cl.toy import Toy

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "e2cl"
SETTINGS = Settings(pretune_steps=4, steps=8)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """All arms of one seed, what was told meanwhile, and the world."""
    out, told, world = (
        tmp_path_factory.mktemp("study"),
        [],
        Toy(n_train=6, n_test=2, extra=("lost",)),
    )
    with workers(world, 1) as pool:
        folders = ablate(
            pool, out, SETTINGS, seeds=(0,), arms=tuple(ARMS), measure=True, tell=told.append
        )
    return folders, told, world


def test_a_study_leaves_data_weights_and_measures_of_every_arm(done):
    folders, told, _ = done
    for folder in folders:
        assert {path.stem for path in (folder / "measures").iterdir()} == set(ARMS)
        assert {path.stem for path in (folder / "weights").iterdir()} == set(ARMS)
        assert len(list((folder / "data").iterdir())) == 9
        config = json.loads((folder / "config.json").read_text())
        assert config["settings"] == asdict(SETTINGS)
        assert set(config["versions"]) == {"rewardlab", "numpy", "torch"}
    assert any("phase plan: " in line and "teacher lost in 1 episodes" in line for line in told)


def test_fits_have_the_steps_that_their_samples_ask_for(done):
    folders, _, _ = done
    fits = {name: json.loads((folders[0] / "fits" / f"{name}.json").read_text()) for name in ARMS}
    n = {name: sum(told["samples"].values()) for name, told in fits.items()}
    assert fits["pretuned"]["steps"] == 4
    for name in ("il", "tg", "tf", "e2cl", "il-df", "il-dup"):
        assert fits[name]["steps"] == round(8 * n[name] / n["il"])
    assert fits["il-long"]["steps"] == fits["e2cl"]["steps"]
    assert (n["il-long"], fits["e2cl-few"]["steps"]) == (n["il"], 8)


def test_what_is_there_is_not_done_again(done):
    folders, _, world = done
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    told = []
    (folders[0] / "measures" / "il.json").unlink()
    with workers(world, 1) as pool:
        ablate(
            pool, folders[0].parent, SETTINGS,
            seeds=(0,), arms=tuple(ARMS), measure=True, tell=told.append,
        )  # fmt: skip
    assert told[0] == "seed 0: fitting il"
    assert told[1].startswith("seed 0: il (")
    assert len(told) == 2
    changed = {path.name for path in files if path.stat().st_mtime_ns != before[path]}
    assert changed == {"il.json"}


def test_arms_that_come_later_learn_from_what_is_explored_later(tmp_path):
    world = Toy(n_train=4, n_test=1)
    with workers(world, 1) as pool:
        for arm in ("il", "e2cl"):
            (folder,) = ablate(
                pool, tmp_path, SETTINGS,
                seeds=(0,), arms=(arm,), measure=False, tell=lambda text: None,
            )  # fmt: skip
    fits = {path.stem: json.loads(path.read_text()) for path in (folder / "fits").iterdir()}
    assert set(fits["il"]["samples"]) == {"plan"}
    assert set(fits["e2cl"]["samples"]) == {"plan", "feedback", "correct"}


def test_measuring_again_finds_the_same(done):
    folders, _, world = done
    path = folders[0] / "measures" / "e2cl.json"
    before = json.loads(path.read_text())
    with workers(world, 1) as pool:
        measure_again(pool, folders[0], ["e2cl"], lambda text: None)
    assert json.loads(path.read_text()) == before


def test_another_study_in_a_folder_is_refused(done):
    folders, _, world = done
    with pytest.raises(StorageError, match=r"a study with settings .*steps 8, not 500; choose"):
        open_study(folders[0], world, Settings(), 0)
    with pytest.raises(StorageError, match=r"holds a study with seed 0, not 3"):
        open_study(folders[0], world, SETTINGS, 3)


def test_the_page_is_that_of_its_rows_and_holds_every_control(done, tmp_path):
    folders, _, _ = done
    found = gathered(folders, tuple(ARMS))
    path = tmp_path / "toy.jsonl"
    publish(path, found, {"title": "T", "command": "rewardlab e2cl ablate", "facts": ["a fact"]})
    page = path.with_suffix(".md").read_text()
    assert page == page_of(path)
    assert "`rewardlab e2cl ablate`" in page
    for arm, recipe in ARMS.items():
        assert f"| {arm} | plain | " in page
        assert recipe.about in page
    told = document(found)
    assert {(row["arm"], row["mode"]) for row in told["results"]} >= {("e2cl", "self")}
    assert told["foresight"]["il"] is None
    assert told["foresight"]["e2cl"]["n"] > 0
    json.dumps(told)


@pytest.mark.parametrize("rows", sorted(PUBLISHED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_published_pages_are_those_of_their_rows_and_hold_every_control(rows):
    page = page_of(rows)
    assert rows.with_suffix(".md").read_text("utf-8") == page
    assert all(f"| {arm} | plain | " in page for arm in ARMS)


def test_a_configuration_without_a_world_is_refused():
    with pytest.raises(StorageError, match="names no world"):
        world_of({"world": None})
    with pytest.raises(UnknownName, match="unknown world 'mars'"):
        world_of({"world": {"world": "mars", "options": {}}})
