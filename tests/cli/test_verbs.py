"""What the verbs that train nothing print."""

import json
import re

from rewardlab.config import RunConfig
from rewardlab.program.program import RewardProgram
from rewardlab.training.run import Run

GOOD = "def compute_dense_reward(self, action):\n    return -abs(self.obs[2]), {'up': 1.0}\n"
FENCED = f"Here it is:\n```python\n{GOOD}```\n"
BAD = "def compute_dense_reward(self, action):\n    return self.pole_angel\n"


def test_tasks(cli):
    told = cli("tasks", "--json").json["tasks"]
    assert all(
        set(task) == {"id", "suite", "goal", "success", "available", "extra", "published"}
        for task in told
    )
    assert len([task for task in told if task["suite"] == "metaworld"]) == 50
    assert {"locomotion/hopper-forward", "locomotion/ant-forward"} <= {t["id"] for t in told}
    found = cli("tasks", "drawer")
    assert "Open a drawer by its handle." in found.out
    assert "window" not in found.out
    published = {task["id"] for task in told if task["published"]}
    shown = cli("tasks", "--published").out.splitlines()
    assert shown[0].split() == ["task", "installed", "success", "published", "goal"]
    assert {line.split()[0] for line in shown[1:]} == published
    assert len(published) == 24
    assert "no published task holds 'fetch'" in cli("tasks", "--published", "fetch").err


def test_refine_asks_what_should_change_in_a_program_that_the_composer_did_not_write(cli, tmp_path):
    config = RunConfig("gym/CartPole-v1", 1000, goal="Balance the pole.", reward="program")
    program = RewardProgram(GOOD, config.task, config.goal, None, "user")
    Run.create(tmp_path / "results", config, program=program, name="mine")
    done = cli("refine", "mine", "--coder", "offline")
    assert done.code == 2
    assert done.error.startswith("say what should change in mine")


def test_describe(cli):
    plain = cli("describe", "metaworld/drawer-open")
    assert "ee_position" in plain.out
    told = cli("describe", "metaworld/drawer-open", "--json").json
    assert told["description"].strip() == plain.out.strip()
    assert "robot.ee_position" in told["fields"]
    held = cli("describe", "tabletop/lift-cube", "--json").json["fields"]
    assert "cubeA.pose" in held
    assert not any("._" in path for path in held)  # what only methods read
    shorter = cli("describe", "metaworld/drawer-open", "--task-option", "horizon=70", "--json")
    assert shorter.json["horizon"] == 70


def test_validate_tells_that_a_file_is_a_reply(cli, tmp_path):
    (tmp_path / "p.py").write_text(FENCED)
    done = cli("validate", "p.py", "--task", "gym/CartPole-v1")
    assert done.code == 1
    assert "leave out the lines with ```" in done.out + done.err


def test_validate_accepts(cli, tmp_path):
    (tmp_path / "p.py").write_text(GOOD)
    done = cli("validate", "p.py", "--task", "gym/CartPole-v1")
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("p.py passes on gym/CartPole-v1")
    told = cli("validate", "p.py", "--task", "gym/CartPole-v1", "--json").json
    assert set(told) == {
        *("ok", "program_id", "task", "sandbox_level", "seconds", "findings"),  # as promised
        *("seed", "states", "sandbox"),
    }
    assert told["ok"]


def test_validate_refuses_with_the_line_and_the_remedy(cli, tmp_path):
    (tmp_path / "p.py").write_text(BAD)
    (tmp_path / "pole.yaml").write_text("fields: {pole_angle: {index: 2}}")
    flags = ("--task", "gym/CartPole-v1", "--task-option", "config=pole.yaml")
    done = cli("validate", "p.py", *flags)
    assert done.code == 1
    assert done.out.startswith("p.py:2:")
    assert "UnknownAttribute" in done.out
    assert "    2 |     return self.pole_angel\n" in done.out
    assert "did you mean pole_angle?" in done.out.split("hint:")[1]
    assert "p.py is refused on gym/CartPole-v1: 1 error" in done.out
    (finding,) = cli("validate", "p.py", *flags, "--json").json["findings"]
    assert set(finding) == {"code", "severity", "message", "line", "col", "hint", "state"}
    assert (finding["code"], finding["line"]) == ("UnknownAttribute", 2)
    trained = cli("train", "gym/CartPole-v1", "--reward", "p.py", "-n", "64", *flags[2:])
    assert trained.code == 1
    assert "refused" in trained.error


def test_generate_prints_the_program_or_writes_it(cli, tmp_path):
    goal = ("metaworld/drawer-close", "Close a drawer by its handle.", "--coder", "offline")
    printed = cli("generate", *goal)
    assert printed.code == 0
    assert "From the reference library: the program 'drawer-close'" in printed.err
    assert "No language model took part" in printed.err
    composed = cli("generate", goal[0], "Shut the drawer.", *goal[2:])
    assert "Written by the offline composer" in composed.err
    assert "without a language model" in composed.err
    written = cli("generate", *goal, "-o", "p.py")
    assert written.out == "p.py\n"
    assert (tmp_path / "p.py").read_text().strip() == printed.out.strip()
    (entry,) = cli("generate", *goal, "--json").json["programs"]
    assert entry["source"].strip() == printed.out.strip()
    assert entry["program_id"] == json.loads((tmp_path / "p.json").read_text())["id"]


def test_generate_writes_several(cli, tmp_path):
    goal = ("metaworld/drawer-close", "Close a drawer by its handle.", "--coder", "offline")
    done = cli("generate", *goal, "-k", "2", "-o", "p.py")
    assert done.out.split() == ["p-1.py", "p-2.py"]
    assert (tmp_path / "p-1.py").read_text() != (tmp_path / "p-2.py").read_text()


def test_runs_of_an_empty_folder(cli):
    assert cli("runs").out == "no runs in results\n"
    assert cli("runs", "--json").json == {"runs": []}


def test_doctor(cli, monkeypatch):
    told = cli("doctor", "--json").json
    assert set(told) == {"python", "packages", "gl", "sandbox", "coder", "device"}
    assert set(told["gl"]) == {"backend", "works", "why"}
    assert told["sandbox"]["level"] in ("full", "partial", "process-only")
    assert all(set(layer) == {"name", "works", "why"} for layer in told["sandbox"]["layers"])
    assert told["coder"]["name"] == "offline"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://user:hidden@models.example/v1")
    plain = cli("doctor").out
    assert "asks models.example" in plain
    assert "hidden" not in plain


def test_a_file_of_settings_stands_below_the_command_line(cli, tmp_path):
    from rewardlab import Run

    (tmp_path / "c.yaml").write_text(
        "task: gym/CartPole-v1\nn_timesteps: 128\nseed: 3\nn_envs: 2\nnative_reward: true\n"
        "progress: false\nhyperparameters: {n_steps: 32, batch_size: 32}\nnormalize:\n"
        "task_options: {horizon: 20}\neval_freq: 0\n"
    )
    done = cli("train", "--config", "c.yaml", "--seed", "5", "--algo", "ppo", "--json")
    assert done.code == 0, done.err
    config = Run(done.json["path"]).config
    assert (config.n_timesteps, config.seed, config.n_envs) == (128, 5, 2)
    assert config.hyperparameters["n_steps"] == 32
    assert config.task_options == {"horizon": 20}
    again = cli("train", "--config", f"{done.json['path']}/config.yaml", "--json")
    assert again.code == 0, again.err
    assert Run(again.json["path"]).config == config


def test_a_damaged_evaluation_hides_no_run(cli, tmp_path):
    run = Run.create(tmp_path, RunConfig("gym/Pendulum-v1", 64, algo="ppo"), name="a")
    for damaged in ("{", "[]", '{"success": "x"}', '{"success": 0.5, "success_ci": ["a", 1]}'):
        (run.path / "evaluation.json").write_text(damaged)
        (told,) = cli("runs", "--out", tmp_path, "--json").json["runs"]
        assert (told["id"], told["success"], told["success_ci"]) == ("a", None, None)
        assert cli("runs", "--out", tmp_path).code == 0


def test_steps_that_a_program_did_not_score_are_told(cli, tmp_path):
    (tmp_path / "rare.py").write_text(
        "def compute_dense_reward(self, action):\n"
        "    up = float(self.obs[0])\n"
        "    return math.nan if 0.3 < up < 0.302 else up\n"
    )
    flags = ("--reward", "rare.py", "-n", 2048, "--eval-freq", 0, "--on-reward-fault", "zero")
    done = cli("train", "gym/Pendulum-v1", *flags)
    assert done.code == 0, done.err
    assert re.search(r"failed: \d steps? scored 0 \(NonFiniteReward \d\)", done.err), done.err


def test_a_resumed_run_is_asked_for_nothing_else_than_it_began_with(cli, tmp_path):
    config = RunConfig("gym/Pendulum-v1", 64, seed=3, algo="ppo")
    run = Run.create(tmp_path, config, name="a")
    for verb in ("train", "run"):
        for flags in (("--seed", 5), ("--algo", "sac"), ("--on-reward-fault", "zero")):
            told = cli(verb, "--resume", run.path, "--seed", 3, *flags)
            assert told.code == 2
            assert f"not {flags[0]} {flags[1]}" in told.error
    assert "not --reward new.py" in cli("train", "--resume", run.path, "--reward", "new.py").error
    assert Run(run.path).status == "interrupted"
