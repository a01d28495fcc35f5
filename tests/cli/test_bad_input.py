"""Whatever a person gets wrong is one line that says what to do, and exit code 2."""

import json
import os
import subprocess
import sys

import pytest

NO_FUNCTION = "def reward(self, action):\n    return 0.0\n"


def test_unknown_task_names_the_closest(cli):
    for verb, rest in (("describe", ()), ("generate", ("Go.",)), ("train", ("-n", "8"))):
        done = cli(verb, "metaworld/drawer-opne", *rest)
        assert done.code == 2
        assert "did you mean metaworld/drawer-open" in done.error


def test_unknown_suite_and_unregistered_environment(cli):
    assert "unknown task 'metawrld/reach'" in cli("describe", "metawrld/reach").error
    done = cli("describe", "gym/Pendulun-v1")
    assert done.code == 2
    assert "did you mean gym/Pendulum-v1" in done.error


def test_missing_extra_is_named(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "metaworld", None)
    done = cli("describe", "metaworld/reach")
    assert done.code == 2
    assert "pip install 'rewardlab[metaworld]'" in done.error
    listed = {task["id"]: task for task in cli("tasks", "--json").json["tasks"]}
    assert not listed["metaworld/reach"]["available"]
    assert listed["metaworld/reach"]["extra"] == "metaworld"
    shown = cli("tasks", "metaworld/reach")
    assert shown.out.splitlines()[0].split() == [
        "task",
        "installed",
        "success",
        "published",
        "goal",
    ]
    first = shown.out.splitlines()[1].split()
    assert first[:4] == ["metaworld/reach", "needs", "rewardlab[metaworld]", "measured"]


@pytest.mark.parametrize("text", ["goal: [1\nsuccess: 2\n", "fields:\n  a: b: c\n"])
def test_unreadable_yaml_names_its_line(cli, tmp_path, text):
    (tmp_path / "bad.yaml").write_text(text)
    for args in (
        ("describe", "gym/CartPole-v1", "--task-option", "config=bad.yaml"),
        ("train", "gym/CartPole-v1", "--config", "bad.yaml"),
    ):
        done = cli(*args)
        assert done.code == 2
        assert "bad.yaml, line 2: " in done.error


def test_words_too_many_are_told_with_where_they_belong(cli):
    """A goal without quotes is many words."""
    for args, words in (
        (("generate", "metaworld/reach", "reach", "the", "goal"), "the, goal"),
        (("describe", "metaworld/reach", "horizon=3"), "horizon=3"),
    ):
        done = cli(*args)
        assert done.code == 2
        assert f"not understood: {words}; put a goal in quotes" in done.error
        assert "--task-option" in done.error


def test_a_word_that_no_task_holds_is_told(cli):
    done = cli("tasks", "dorr")
    assert "no task holds 'dorr'" in done.err
    assert cli("tasks", "dorr", "--json").json == {"tasks": []}


def test_task_options_are_checked(cli):
    for option, said in (
        ("horizon", "write it as KEY=VALUE"),
        ("horizon=[1", "is not a YAML value"),
        ("horizn=3", "did you mean 'horizon'?"),
        ("horizon=many", "horizon='many'"),
    ):
        done = cli("describe", "metaworld/reach", "--task-option", option)
        assert done.code == 2
        assert said in done.error


def test_config_file_is_checked(cli, tmp_path):
    for text, said in (
        ("n_timestep: 8\n", "unknown key 'n_timestep'; did you mean 'n_timesteps'?"),
        ("seed: many\n", "--seed"),
        ("- a\n", "expected 'key: value' lines"),
    ):
        (tmp_path / "c.yaml").write_text(text)
        done = cli("train", "gym/CartPole-v1", "--config", "c.yaml")
        assert done.code == 2
        assert said in done.error
        assert "c.yaml" in done.error
    assert "cannot read 'none.yaml'" in cli("train", "a/b", "--config=none.yaml").error


def test_training_says_what_is_missing(cli):
    assert "-n STEPS" in cli("train", "gym/CartPole-v1").error
    assert "rewardlab train TASK" in cli("train").error
    assert 'rewardlab run TASK "goal' in cli("run").error
    assert "--task is missing: Task id" in cli("validate", "p.py").error
    assert "RUN is missing: A run's folder" in cli("evaluate").error
    assert "say which run" in cli("evaluate", "").error
    assert ". is not a run folder" in cli("evaluate", ".").error
    assert "'x' is not a number" in cli("run", "a/b", "--min-success", "x").error


def test_a_chain_that_cannot_begin_leaves_no_run(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert "the goal is empty: say what" in cli("run", "gym/CartPole-v1").error
    assert "OPENAI_API_KEY" in cli("run", "gym/CartPole-v1", "Go.", "--coder", "openai").error
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("output", [".", "p.json"])
def test_a_program_is_not_written_over_a_folder_or_its_own_origin(cli, output):
    done = cli("generate", "metaworld/drawer-close", "-o", output)
    assert done.code == 2
    assert "name a file, e.g. reward.py" in done.error
    assert "candidate" not in done.err, "it is said before a model is paid for"


def test_an_endless_file_is_no_program(cli):
    done = cli("validate", "/dev/zero", "--task", "gym/CartPole-v1")
    assert done.code == 1
    assert "SourceTooComplex" in done.out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--algo", "pppo"), "did you mean ppo"),
        (("--algo", "sac"), "sac needs continuous actions"),
        (("--preset", "metawold"), "did you mean metaworld"),
        (("--reward", "none.py"), "cannot read reward program 'none.py'"),
        (("--reward", "sparse"), "no success signal"),
        (("-n", "0"), "n_timesteps must be at least 1"),
        (("-n", "1e9"), "-n/--n-timesteps: '1e9' is not a whole number"),
        (("--seed", "-1"), "a seed is a whole number from 0"),
        (("--seed", "one"), "--seed: 'one' is not a whole number"),
        (("--eval-freq", "-1"), "eval_freq must be at least 0"),
        (("--device", "quantum"), "torch cannot use the device 'quantum'"),
        (("--device", "meta"), "torch cannot use the device 'meta'"),
        (("--on-reward-fault", "ignore"), "--on-reward-fault"),
    ],
)
def test_training_flags_are_checked(cli, flags, said):
    done = cli("train", "gym/CartPole-v1", "-n", "64", *flags)
    assert done.code == 2
    assert said in done.error


def test_a_program_without_the_function(cli, tmp_path):
    (tmp_path / "p.py").write_text(NO_FUNCTION)
    done = cli("train", "gym/CartPole-v1", "--reward", "p.py", "-n", "64")
    assert done.code == 2
    assert "does not define compute_dense_reward(self, action)" in done.error
    assert not (tmp_path / "results").exists()
    refused = cli("validate", "p.py", "--task", "gym/CartPole-v1", "--json")
    assert refused.code == 1
    assert refused.json["findings"][0]["code"] == "RewardSignatureError"


def test_a_run_folder_from_a_newer_version(cli, tmp_path):
    folder = tmp_path / "results" / "future"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"format": 99}))
    for verb in ("evaluate", "report", "refine"):
        done = cli(verb, folder)
        assert done.code == 2
        assert "was written by a newer rewardlab" in done.error
    assert cli("train", "--resume", folder).code == 2


def test_unknown_run(cli):
    for args in (
        ("evaluate", "abc"),
        ("report", "abc"),
        ("refine", "abc"),
        ("run", "--resume", "abc"),
    ):
        done = cli(*args)
        assert done.code == 2
        assert "unknown run 'abc'" in done.error


def test_a_file_that_is_no_run(cli, tmp_path):
    for name in ("model.zip", "program.py"):
        (tmp_path / name).write_text("neither an archive nor a run")
        done = cli("evaluate", name, "--task", "gym/CartPole-v1", "--trust-pickle")
        assert (done.code, f"{name} is neither a run folder nor" in done.error) == (2, True)


def test_unknown_coder_and_nothing_to_replay(cli):
    done = cli("generate", "metaworld/reach", "--coder", "offlin")
    assert (done.code, "did you mean offline" in done.error) == (2, True)
    done = cli("generate", "metaworld/reach", "--coder", "replay:nowhere")
    assert (done.code, "nothing to replay" in done.error) == (2, True)
    done = cli("generate", "metaworld/reach", "--coder", "openai")
    assert (done.code, "OPENAI_API_KEY" in done.error) == (2, True)


def test_an_unreachable_server(cli, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = cli("generate", "metaworld/reach", "--coder", "openai")
    assert done.code == 2
    assert "127.0.0.1:9" in done.error


def test_a_server_that_refuses_the_key(cli, monkeypatch, httpserver):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(
        {"error": {"message": "bad key sk-abcdefghijkl"}}, status=401
    )
    monkeypatch.setenv("OPENAI_BASE_URL", httpserver.url_for("/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefghijkl")
    done = cli("generate", "metaworld/reach")
    assert done.code == 2
    assert "401" in done.error
    assert "abcdefghijkl" not in done.err


def test_a_goal_that_cannot_be_grounded(cli):
    done = cli("generate", "metaworld/reach", "Compose a sonnet.", "--coder", "offline")
    assert done.code == 2
    assert done.out == ""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk(unbuffered):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rewardlab", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("rewardlab: error: the disk is full")
    assert done.stderr.count("\n") == 1
