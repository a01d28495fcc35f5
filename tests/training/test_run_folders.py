"""Run folders that a stranger may have made: nothing in them leads out of them."""

import json
import os
import shutil
import subprocess

import pytest

from rewardlab.config import RunConfig
from rewardlab.errors import ConfigError, RewardlabError, StorageError, UsageError
from rewardlab.evaluation.report import report
from rewardlab.program.program import RewardProgram
from rewardlab.training.run import Run, list_runs
from rewardlab.training.train import train

PROGRAM = RewardProgram("def compute_dense_reward(self, action):\n    return 1.0\n")
FILES = (
    *("run.json", "config.yaml", "program.py", "program.json", "evaluations.jsonl", "video.mp4"),
    *("verdict.json", "feedback.json", "progress.csv", "evaluation.json", "spaces.json"),
    *("checkpoints", "final", "llm", "tb", "checkpoints/000000000100/model.npz", "next/a.py"),
)


@pytest.fixture
def run(tmp_path):
    config = RunConfig("gym/CartPole-v1", 100, reward="program")
    return Run.create(tmp_path / "out", config, program=PROGRAM, name="sent")


@pytest.fixture
def secret(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secret").write_text("canary")
    return folder / "secret"


@pytest.mark.parametrize("name", FILES)
def test_a_link_inside_a_run_is_neither_read_nor_written(name, run, secret):
    place = run.path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(secret.parent if "." not in name else secret)
    with pytest.raises(StorageError, match="symbolic link, and rewardlab follows none"):
        Run.open(run.path)
    for verb in (report, lambda path: train("gym/CartPole-v1", n_timesteps=200, resume=path)):
        with pytest.raises(StorageError, match="symbolic link"):
            verb(run.path)
    assert list(list_runs(run.path.parent)) == []
    assert os.listdir(secret.parent) == ["secret"]
    assert secret.read_text() == "canary"


def test_a_dangling_link_and_a_pipe_are_refused_too(run):
    (run.path / "evaluation.json").symlink_to("nowhere")
    with pytest.raises(StorageError, match="symbolic link"):
        Run.open(run.path)
    (run.path / "evaluation.json").unlink()
    os.mkfifo(run.path / "evaluation.json")
    with pytest.raises(StorageError, match="is no ordinary file"):  # and nothing hangs
        Run.open(run.path)


def test_a_linked_run_is_not_opened(run, tmp_path):
    link = tmp_path / "out" / "alias"
    link.symlink_to(run.path)
    with pytest.raises(StorageError, match="name that folder itself"):
        Run.open(link)
    assert [r.id for r in list_runs(tmp_path / "out")] == ["sent"]


def test_a_new_run_does_not_follow_what_stands_in_its_place(tmp_path, secret):
    out = tmp_path / "out"
    out.mkdir()
    (out / "new").symlink_to(secret.parent)
    config = RunConfig("gym/CartPole-v1", 100)
    with pytest.raises(StorageError, match="follows no links"):
        Run.create(out, config, name="new")
    (out / "half").mkdir()
    (out / "half" / "config.yaml").symlink_to(secret)
    with pytest.raises(StorageError, match="symbolic link"):
        Run.create(out, config, name="half")
    assert os.listdir(secret.parent) == ["secret"]


def test_the_folder_of_results_may_be_a_link_of_its_users(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    run = Run.create(tmp_path / "results", RunConfig("gym/CartPole-v1", 100), name="a")
    assert Run.open("a", out=tmp_path / "results").path == run.path


@pytest.mark.parametrize(
    "name", ["../x", "/tmp/x", "a/../../x", "..", "x\n", "a\x00b", "~x", "-x", "aux", "LPT1.txt"]
)
def test_a_name_cannot_leave_the_folder_of_results(name, tmp_path):
    with pytest.raises(UsageError, match="cannot be a name"):
        Run.create(tmp_path / "out", RunConfig("gym/CartPole-v1", 100), name=name)
    assert not (tmp_path / "out").exists()


BAD = {
    "run.json": [
        "[" * 100_000,
        '{"format": 1, "status": ["x"], "task": {}, "program_id": 1, "parent": []}',
    ],
    "config.yaml": [
        "[" * 50_000,
        "task: [a]\nn_timesteps: 1",
        "task: gym/CartPole-v1\nn_timesteps: 1e99999x",
        "task: gym/CartPole-v1\nn_timesteps: 10\nn_envs: many",
        "task: gym/CartPole-v1\nn_timesteps: 10\ngoal: !!python/object/apply:os.abort []",
        "task: gym/CartPole-v1\nn_timesteps: 10\npolicy_kwargs: &a {x: *a}",
        "task: gym/CartPole-v1\nn_timesteps: 2024-13-45",
    ],
    "evaluation.json": [
        '{"run": 1}',
        '{"success": "high", "success_ci": 3}',
        json.dumps(
            {
                "run": "x", "checkpoint": "<b>", "episodes": "many", "success": [1],
                "success_ci": ["a", "b"], "return_mean": None, "return_ci": [1, 2],
                "length_mean": "x", "seed": {}, "video": 7,
            }
        ),
    ],
    "verdict.json": ['{"ok": 1, "findings": 7}', '{"findings": [{"code": 1}, 2]}', "{"],
    "versions.json": ['{"sandbox": 7, "packages": []}'],
    "feedback.json": ['{"earlier": 7, "comment": {"a": 1}}'],
    "evaluations.jsonl": ['{"timesteps": "x", "success": {}}\n[[[\n', '{"timesteps": []}\n'],
    "progress.csv": ["time/total_timesteps,a\n1,x\n\x00,1\n"],
    "program.json": ['{"id": 7, "notes": [1], "parent": {}}', "[" * 100_000],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in BAD.items() for t in texts])
def test_damaged_facts_cost_one_line_or_nothing(name, text, run):
    run.update(command="rewardlab train")
    (run.path / name).write_text(text)
    told = ""
    try:
        report(run.path)
    except RewardlabError as error:
        told = str(error)
    assert "\n" not in told
    assert len(told) < 600


def test_a_configuration_that_grows_is_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    (tmp_path / "c.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError, match="holds more than 100,000 values"):
        RunConfig.load(tmp_path / "c.yaml")
    (tmp_path / "c.yaml").write_text("task: " + "x" * 2_000_000)
    with pytest.raises(ConfigError, match="larger than 1,000,000 bytes"):
        RunConfig.load(tmp_path / "c.yaml")


def test_a_video_that_is_none_is_not_handed_to_every_decoder(run, secret):
    """A playlist could make ffmpeg open other files, or addresses."""
    (run.path / "video.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n")
    page = report(run.path).path.read_text()
    assert 'poster="' not in page


def test_a_huge_video_stays_beside_the_page(run):
    with (run.path / "video.mp4").open("wb") as file:
        file.truncate(3_000_000_000)  # no such memory is needed
    assert 'src="video.mp4"' in report(run.path).path.read_text()
    shutil.rmtree(run.path)


def test_folders_nested_without_end_are_refused_and_end_no_list(run):
    here = os.getcwd()
    try:
        os.chdir(run.path)
        for _ in range(1500):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.chdir(here)
    with pytest.raises(StorageError, match="more than 32 deep"):
        Run.open(run.path)
    assert list(list_runs(run.path.parent)) == []
    subprocess.run(["rm", "-rf", run.path], check=True)  # Python cannot


def test_a_file_of_lines_larger_than_any_of_ours_is_not_read(run):
    with (run.path / "evaluations.jsonl").open("wb") as file:
        file.truncate(1 << 42)  # takes no room on disk, and more than all memory
    with pytest.raises(StorageError, match="larger than"):
        _ = run.evaluations
