"""`rewardlab train --shaping` and `rewardlab shape inspect`, as a person calls them."""

import json

import numpy as np
import pytest

from rewardlab import Run
from rewardlab.evaluation.curves import read_curves

NEAR = """
def compute_dense_reward(self, action):
    near = 1.0 - ((6.0 - self.x) + (6.0 - self.y)) / 12.0
    effort = -0.01 * float(action > 1)
    return near + effort, {"near": near, "effort": effort}
"""
LATE = """
def compute_dense_reward(self, action):
    late, effort = self.time * self.x, -0.01 * float(action > 1)
    return late + effort, {"late": late, "effort": effort}
"""
POLE = """
def compute_dense_reward(self, action):
    up = math.cos(self.angle)
    return up - 0.1 * action, {"up": up, "push": -0.1 * action}
"""
FAST = {
    "ppo": "hyperparameters: {n_steps: 32, batch_size: 64}\nn_envs: 2\neval_episodes: 1\n",
    "dqn": "hyperparameters: {learning_starts: 40, batch_size: 8, buffer_size: 200}\n"
    "eval_episodes: 1\n",
}
ROOM = ("tabular/room-2024", "--no-progress", "--json")


@pytest.fixture
def files(cli, tmp_path):
    for name, text in {"near.py": NEAR, "late.py": LATE, "pole.py": POLE}.items():
        (tmp_path / name).write_text(text)
    for name, text in FAST.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "pole.yaml").write_text("fields: {angle: {index: 2, unit: rad}}\nhorizon: 30\n")
    return tmp_path


def png_size(path):
    """Return width and height as the file's header has them."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


@pytest.mark.parametrize("algo", ["ppo", "dqn"])
def test_a_potential_trains_goes_on_and_is_named(algo, cli, files):
    flags = ("--reward", "near.py", "--shaping", "potential", "--algo", algo)
    done = cli("train", *ROOM, *flags, "--config", f"{algo}.yaml", "-n", 128)
    assert done.code == 0, done.err
    assert "not in the potential: effort (reads action)" in done.err
    run = Run(files / done.json["path"])
    assert (run.config.reward, run.config.shaping) == ("program", "potential")
    columns = read_curves(run.path / "progress.csv").columns
    assert "reward/terms/near" in columns
    assert "reward/terms/effort" not in columns
    assert np.nanmax(np.abs(columns["reward/terms/near"])) < 0.3  # differences, not levels
    again = cli("train", "--resume", run.id, "-n", 192, "--json", "--no-progress")
    assert (again.code, again.json["status"]) == (0, "finished")
    assert "tabular/room-2024 + program as potential" in cli("runs").out
    assert cli("report", run.id).code == 0
    assert "as potential" in (run.path / "report.html").read_text()
    assert json.loads((run.path / "report.json").read_text())["shaping"] == "potential"
    asked = cli("train", "--resume", run.id, "--shaping", "add", "-n", 256)
    assert asked.code == 2
    assert "goes on as it began, with 'potential'" in asked.error


def test_added_a_program_pays_beside_success(cli, files):
    flags = ("--reward", "near.py", "--shaping", "add", "--config", "ppo.yaml")
    done = cli("train", *ROOM, *flags, "-n", 64)
    assert done.code == 0, done.err
    columns = read_curves(Run(files / done.json["path"]).path / "progress.csv").columns
    added = columns["reward/terms/near"] + columns["reward/terms/effort"]
    np.testing.assert_allclose(columns["reward/shaped"], added, atol=1e-6)  # nothing solved yet


def test_what_cannot_be_a_potential_is_refused_before_there_is_a_folder(cli, files):
    for flags, why in (
        (("--reward", "late.py", "--shaping", "potential"), "late (reads self.time), effort"),
        (("--reward", "oracle", "--shaping", "add"), "is for reward programs"),
        (("--reward", "near.py", "--shaping", "potentail"), "did you mean potential"),
    ):
        refused = cli("train", *ROOM, *flags, "-n", 64)
        assert refused.code == 2
        assert why in refused.error
    assert not (files / "results").exists()


def test_a_design_is_drawn_and_certified(cli, files):
    flags = ("--shaper", "exprd", "-B", 1, "-o", "room.png")
    told = cli("shape", "inspect", "tabular/room-2021", *flags)
    assert told.code == 0, told.err
    assert "2 of 49" in told.out
    assert "exact" in told.out
    assert "0.15573 → 0.09970 (+0)" in told.out
    width, height = png_size(files / "room.png")
    assert width > 1200
    assert height > 600
    document = cli("shape", "inspect", "tabular/room-2021", *flags, "--json").json
    assert document["chosen"] == [0]
    assert document["certificate"]["margin"] > -1e-8
    assert document["certificate"]["optimum_return"] == pytest.approx(5.902159661540154)


def test_a_reward_that_changes_the_optimum_is_told(cli, files):
    told = cli("shape", "inspect", "tabular/room-2021", "--shaper", "craft", "--json").json
    assert told["invariance"] == "none"
    for shaping, kept in (("add", "none"), ("potential", "exact")):
        flags = ("--reward", "near.py", "--shaping", shaping, "--json")
        told = cli("shape", "inspect", "tabular/room-2024", *flags).json
        assert told["invariance"] == kept


@pytest.mark.parametrize("id", ["FrozenLake-v1", "CliffWalking-v1"])
def test_toy_text_is_drawn_as_it_comes(id, cli, files):
    told = cli("shape", "inspect", f"gym/{id}", "--shaper", "pbrs", "-o", "toy.png", "--json")
    assert told.code == 0, told.err
    assert told.json["invariance"] == "exact"
    assert min(png_size(files / "toy.png")) > 400


def test_a_continuous_reward_is_drawn_field_by_field(cli, files):
    task = ("gym/CartPole-v1", "--task-option", "config=pole.yaml", "--states", 16)
    told = cli("shape", "inspect", *task, "--reward", "pole.py", "-o", "pole.png", "--json")
    assert told.code == 0, told.err
    assert told.json["effects"]["angle"] > 0
    assert told.json["invariance"] == "none"
    assert min(png_size(files / "pole.png")) > 300
    flags = ("--reward", "pole.py", "--shaping", "potential", "--json")
    told = cli("shape", "inspect", *task, *flags)
    assert told.json["invariance"] == "exact"
    assert list(told.json["terms"]) == ["up"]


def test_a_run_is_drawn_as_it_was_trained(cli, files):
    flags = ("--reward", "near.py", "--shaping", "potential", "--config", "ppo.yaml")
    path = cli("train", *ROOM, *flags, "-n", 64).json["path"]
    told = cli("shape", "inspect", path)
    assert told.code == 0, told.err
    assert "program as potential" in told.out
    assert png_size(files / path / "shape.png")[0] > 1200
    refused = cli("shape", "inspect", path, "--shaper", "exprd")
    assert refused.code == 2
    assert "a run has its own" in refused.error


def test_a_run_with_a_learned_shaper_shows_what_was_learned(cli, files):
    flags = ("--shaper", "rnd", "--config", "ppo.yaml")
    path = cli("train", *ROOM, *flags, "-n", 128).json["path"]
    told = cli("shape", "inspect", path, "--json")
    assert told.code == 0, told.err
    assert told.json["rewarded"] > 1


def test_a_run_with_a_design_keeps_its_certificate(cli, files):
    text = FAST["ppo"].replace("n_steps", "gamma: 0.95, n_steps")
    (files / "gamma.yaml").write_text(text)
    flags = ("--shaper", "exprd", "--shaper-option", "budget=0", "--config", "gamma.yaml")
    done = cli("train", *ROOM, *flags, "-n", 64)
    assert done.code == 0, done.err
    sure = json.loads((files / done.json["path"] / "certificate.json").read_text())
    assert sure["holds"]
    assert sure["support"] == [48]
    told = cli("shape", "inspect", done.json["path"], "--json").json
    assert told["certificate"]["margin"] == sure["margin"]


def test_what_is_neither_task_nor_run_is_said(cli, files):
    assert "unknown run 'nothing'" in cli("shape", "inspect", "nothing").error
    assert "unknown design 'explord'" in (
        cli("shape", "inspect", "gym/FrozenLake-v1", "--shaper", "explord").error
    )


def test_a_table_that_keeps_the_optimum_today_is_not_a_promise(cli, files):
    told = cli("shape", "inspect", "tabular/room-2021", "--shaper", "rnd")
    assert told.code == 0, told.err
    assert "kept by the table as it is now; its shaper promises none" in told.out
    said = cli("shape", "inspect", "tabular/room-2021", "--shaper", "rnd", "--json").json
    assert said["invariance"] == "none"
    assert said["certificate"]["kept"]
