import os
import subprocess
import sys

import pytest

from rewardlab.config import RunConfig
from rewardlab.errors import AmbiguousName, ConfigError, StorageError, UnknownName, UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json
from rewardlab.training.record import FORMAT
from rewardlab.training.run import Run, list_runs

CONFIG = RunConfig("metaworld/drawer-close", 100, goal="Close it.")


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path, CONFIG, name="one")


def test_a_run_is_opened_by_folder_name_or_unique_prefix(run, tmp_path):
    Run.create(tmp_path, CONFIG, name="other")
    assert Run.open(run) is run
    assert Run.open(run.path).id == "one"
    assert Run.open("one", out=tmp_path).id == "one"
    assert Run.open("on", out=tmp_path).id == "one"
    with pytest.raises(AmbiguousName, match="run 'o' is ambiguous: one, other; write more"):
        Run.open("o", out=tmp_path)
    with pytest.raises(UnknownName, match="did you mean other"):
        Run.open("othr", out=tmp_path)


def test_default_names_differ_and_say_what_they_are(tmp_path):
    names = {Run.create(tmp_path, CONFIG).id for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("drawer-close-ppo-s0-") for name in names)


@pytest.mark.parametrize(
    ("task", "start"),
    [("gym/lab.envs:My_Env-v0", "my-env-v0-ppo"), ("gym/phys2d/A-v0", "a-v0-"), ("gym/é", "run-")],
)
def test_any_task_can_name_a_run(task, start, tmp_path):
    assert Run.create(tmp_path, RunConfig(task, 100, goal="Go.")).id.startswith(start)


def test_an_existing_run_is_not_overwritten(run, tmp_path):
    with pytest.raises(UsageError, match="exists; choose another name, or resume it"):
        Run.create(tmp_path, CONFIG, name="one")


@pytest.mark.parametrize("name", ["../escape", "a/b", "con"])
def test_a_name_never_leads_elsewhere(name, tmp_path):
    with pytest.raises(UsageError, match="cannot be a name"):
        Run.create(tmp_path / "runs", CONFIG, name=name)


def test_settings_that_cannot_be_saved_leave_no_run(tmp_path):
    config = RunConfig("a/b", 1, policy_kwargs={"activation_fn": object})
    with pytest.raises(ConfigError):
        Run.create(tmp_path, config)
    assert not list(list_runs(tmp_path))


def test_folders_that_are_no_runs_or_newer_are_refused(run, tmp_path):
    with pytest.raises(StorageError, match=r"has no run\.json"):
        Run(tmp_path)
    write_json(run.path / "run.json", {**run.record, "format": FORMAT + 1})
    with pytest.raises(StorageError, match="newer rewardlab"):
        Run(run.path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "it names no format"),
        ("[1]", "it holds a list, not an object"),
        ('{"format": "x"}', "it names no format"),
        ('{"format": 1, "status": "failed"}', "it has no n_timesteps, parent, program_id, task"),
    ],
)
def test_a_damaged_record_is_said(run, text, said):
    (run.path / "run.json").write_text(text)
    with pytest.raises(StorageError, match=f"run.json is damaged: {said}"):
        Run(run.path)


def test_damaged_lines_of_evaluations_are_left_out(run):
    run.add_evaluation({"timesteps": 5})
    with (run.path / "evaluations.jsonl").open("ab") as file:
        file.write(b'\xff\xfe\n[1, 2]\n{"success": 1}\n')
    assert run.evaluations == [{"timesteps": 5}]


def test_the_program_and_its_parent_are_recorded(run):
    program = RewardProgram("x = 1\n", parent="f" * 64, origin="offline")
    run.set_program(program)
    assert run.program == program
    assert run.record["program_id"] == program.id
    assert run.record["parent"] == "f" * 64


def test_a_stop_before_its_program_is_there_leaves_no_run(tmp_path):
    class Stopped(RewardProgram):
        def save(self, path):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Run.create(tmp_path, CONFIG, program=Stopped("x = 1\n"))
    assert list(list_runs(tmp_path)) == []


def test_a_run_is_running_only_while_its_process_lives(run):
    assert run.status == "interrupted"
    run.claim()
    assert run.status == "running"
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    run.update(pid=int(dead.stdout), pid_started="1")
    assert run.status == "interrupted"
    run.update(pid=os.getpid(), pid_started="1")  # the number was given to another process
    assert run.status == "interrupted"
    run.release("finished")
    assert run.status == "finished"


def test_a_run_trained_by_another_process_is_not_claimed(run):
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from rewardlab.training.run import Run\n"
            "Run(sys.argv[1]).claim(); print(flush=True); sys.stdin.read()",
            str(run.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        with pytest.raises(UsageError, match=f"trained by process {other.pid}"):
            run.claim()
        other.stdin.close()
    run.claim()


def test_a_repeated_evaluation_replaces_the_older_one(run):
    for step, success in ((10, 0.1), (20, 0.2), (10, 0.9)):
        run.add_evaluation({"timesteps": step, "success": success})
    assert [row["success"] for row in run.evaluations] == [0.9, 0.2]


def test_evaluations_after_the_step_from_which_a_run_goes_on_are_forgotten(run):
    for step in (10, 20, 30):
        run.add_evaluation({"timesteps": step})
    run.cut_evaluations(20)
    assert [row["timesteps"] for row in run.evaluations] == [10, 20]


def test_links_and_broken_folders_are_not_listed(run, tmp_path):
    (tmp_path / "link").symlink_to(run.path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert [r.id for r in list_runs(tmp_path)] == ["one"]
    assert list(list_runs(tmp_path / "none")) == []


def test_runs_are_listed_whatever_their_records_say(tmp_path):
    for name, created in (("one", 7), ("two", "2026"), ("three", None)):
        Run.create(tmp_path, CONFIG, name=name).update(created=created)
    assert len(list(list_runs(tmp_path))) == 3
