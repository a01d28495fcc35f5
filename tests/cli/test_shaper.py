"""`--shaper`: shapers by name from the shell, and what a person is told."""

import json
import subprocess
import sys
import warnings

import pytest

from rewardlab import Run
from rewardlab.errors import Caution
from rewardlab.sandbox import kernel, lockdown
from rewardlab.shapers.registry import BUILT_IN
from tests.shapers.test_registry import install

POLE = "fields: {angle: {index: 2, unit: rad}}\nsuccess: abs(self.angle) < 1\nhorizon: 30\n"
PENDULUM = "fields: {x: {index: 0}}\nsuccess: self.x > 0.9\nhorizon: 30\n"
OFF = "{learning_starts: 40, batch_size: 8, buffer_size: 200, train_freq: 8, gradient_steps: 1}"
SETTINGS = {"ppo": "{n_steps: 32, batch_size: 64}", "a2c": "{n_steps: 16}"}


@pytest.fixture
def files(cli, tmp_path):
    (tmp_path / "pole.yaml").write_text(POLE)
    (tmp_path / "pendulum.yaml").write_text(PENDULUM)
    for algo in ("ppo", "a2c", "dqn", "sac", "td3"):
        text = f"hyperparameters: {SETTINGS.get(algo, OFF)}\nn_envs: 2\neval_episodes: 1\n"
        (tmp_path / f"{algo}.yaml").write_text(text)
    return tmp_path


def asked(algo):
    box = algo in ("sac", "td3")
    env, config = ("Pendulum-v1", "pendulum") if box else ("CartPole-v1", "pole")
    option = ("--task-option", f"config={config}.yaml")
    return (f"gym/{env}", *option, "--algo", algo, "--config", f"{algo}.yaml", "--no-progress")


@pytest.mark.parametrize("algo", ["ppo", "a2c", "dqn", "sac", "td3"])
def test_success_alone_with_a_shaper_on_top_trains_with_every_algorithm(algo, cli, files):
    flags = ("--reward", "sparse", "--shaper", "explors", "--shaper-option", "update_every=50")
    done = cli("train", *asked(algo), *flags, "-n", 128, "--json")
    assert done.code == 0, done.err
    run = Run(files / done.json["path"])
    assert run.record["shaper"] == "explors"
    assert run.config.shaper_options == {"update_every": 50}
    head = (run.path / "progress.csv").read_text().splitlines()[0].split(",")
    assert {"reward/env", "reward/shaped"} <= set(head)
    assert any(column.startswith("reward/terms/") for column in head)


def test_a_run_goes_on_with_its_shaper_by_a_command_alone(cli, files):
    flags = ("--shaper", "rnd", "--shaper-option", "weight=0.5", "--shaper-option", "lr=1e-3")
    done = cli("train", *asked("ppo"), *flags, "-n", 64, "--json")
    assert done.code == 0, done.err
    run = Run(files / done.json["path"])
    assert "shaper: rnd" in (run.path / "config.yaml").read_text()
    again = cli("train", "--resume", run.id, "-n", 128, "--json")
    assert again.code == 0, again.err
    assert again.json["status"] == "finished"
    assert "gym/CartPole-v1 + rnd" in cli("runs").out
    assert cli("report", run.id).code == 0
    assert "shaper <b>rnd</b>" in (run.path / "report.html").read_text()
    # the same again from its own file, as a report tells it
    copy = cli("train", "gym/CartPole-v1", "--config", run.path / "config.yaml", "--json")
    assert copy.code == 0, copy.err
    twin = Run(files / copy.json["path"])
    assert (twin.config.shaper, twin.config.shaper_options) == ("rnd", run.config.shaper_options)


def test_a_run_does_not_go_on_with_another_shaper(cli, files):
    done = cli("train", *asked("ppo"), "--shaper", "rnd", "-n", 64, "--json")
    run = done.json["id"]
    other = cli("train", "--resume", run, "--shaper", "icm", "-n", 128)
    assert other.code == 2
    assert "with 'rnd', not --shaper icm" in other.error
    option = cli("train", "--resume", run, "--shaper-option", "weight=2", "-n", 128)
    assert option.code == 2
    assert "leave --shaper-option out" in option.error


def test_a_shaper_that_needs_fresh_steps_names_the_algorithms_that_have_them(cli, files):
    done = cli("train", *asked("sac"), "--shaper", "lirpg", "-n", 64)
    assert done.code == 2
    assert done.error == "LIRPG needs an on-policy algorithm: use ppo or a2c, not sac"
    assert not (files / "results").exists()


@pytest.mark.parametrize("verb", ["train", "run"])
def test_help_lists_the_names(verb, cli):
    shown = " ".join(cli(verb, "--help").out.replace("│", " ").split())
    assert all(name in shown for name in BUILT_IN)


def test_options_in_a_file_have_to_be_a_mapping(cli, files):
    (files / "wrong.yaml").write_text("shaper: rnd\nshaper_options: 3\n")
    done = cli("train", "gym/CartPole-v1", "--config", "wrong.yaml", "-n", 64)
    assert done.code == 2
    assert done.error == "wrong.yaml: shaper_options must be a mapping, got 3"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--shaper", "rdn"), "unknown shaper 'rdn'; did you mean rnd?"),
        (("--shaper", "rnd", "--shaper-option", "wieght=2"), "did you mean 'weight'?"),
        (("--shaper", "rnd", "--shaper-option", "weight"), "--shaper-option 'weight': write it as"),
        (("--shaper", "rnd", "--shaper-option", "weight=heavy"), "weight cannot be 'heavy'; give"),
        (
            ("--shaper", "rnd", "--shaper-option", "gamma=0.5"),
            "RND assumes gamma 0.5, the algorithm uses 0.99: give --shaper-option gamma=0.99",
        ),
        (("--shaper", "exprd"), "gym/CartPole-v1 has no exact table of transitions"),
        (
            ("--shaper", "rnd", "--shaper-option", "lr=-1"),
            "RND: lr is -1.0; give a number above 0",
        ),
        (("--shaper-option", "weight=2"), "options of a shaper (weight) need its name"),
        (("--shaper", "potential"), "options of the shaper potential: it needs phi"),
        (
            ("--shaper", "potential", "--shaper-option", "phi=[1, 2]"),
            "Potential needs discrete observations, not Box",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_before_there_is_a_run(flags, said, cli, files):
    done = cli("train", *asked("ppo"), *flags, "-n", 64)
    assert done.code == 2
    assert said in done.error
    assert not (files / "results").exists()


FAULTY = """
import numpy as np
from rewardlab.shapers import Shaped, Shaper


class Faulty(Shaper):
    seen = 0

    def shape(self, batch):
        return Shaped(batch.r_ext * (np.nan if self.seen >= 70 else 1.0), {})

    def observe(self, batch):
        self.seen += len(batch.r_ext)
        if RAISES and self.seen >= 70:
            raise ZeroDivisionError("no")


class Sound(Shaper):
    def shape(self, batch):
        return Shaped(batch.r_ext, {})
"""


@pytest.mark.parametrize("raises", [False, True])
def test_a_package_whose_shaper_fails_is_told_and_the_run_goes_on_when_repaired(
    raises, cli, files, monkeypatch
):
    module = FAULTY.replace("RAISES", str(raises))
    install(files, "faulty", "[rewardlab.shapers]\nfaulty = faulty:Faulty\n", module)
    monkeypatch.syspath_prepend(files)
    monkeypatch.delitem(sys.modules, "faulty", raising=False)
    done = cli("train", *asked("ppo"), "--shaper", "faulty", "-n", 128)
    assert done.code == 1
    (run,) = (Run(path) for path in (files / "results").iterdir())
    if raises:
        assert done.error == "Faulty.observe raised ZeroDivisionError: no"
    else:
        assert "Faulty.shape must return 'reward' as an array of 2 finite numbers" in done.error
        assert f"that transition is in {run.path.relative_to(files)}" in done.error
        assert (run.path / "shaper_fault.npz").exists()
    assert run.status == "failed"
    assert run.record["steps"] >= 64
    (files / "faulty.py").write_text(FAULTY.replace("class Faulty", "class Old") + REPAIRED)
    sys.modules.pop("faulty")
    again = cli("train", "--resume", run.id)
    sys.modules.pop("faulty")
    assert again.code == 0, again.err
    assert run.status == "finished"


REPAIRED = "\n\nclass Faulty(Sound):\n    pass\n"


@pytest.mark.slow
@pytest.mark.skipif(
    kernel.landlock_abi() < lockdown.LEAST_ABI, reason="this kernel's landlock is too old"
)
def test_a_trainer_that_is_locked_down_builds_the_shaper_itself(cli, files):
    command = [sys.executable, "-m", "rewardlab", "train", *asked("ppo"), "--shaper", "rnd"]
    done = subprocess.run(
        [*command, "-n", "64", "--lockdown", "--json"], cwd=files, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], Run(files / told["path"]).config.shaper) == ("finished", "rnd")


def test_a_caution_is_said_once_in_one_line(cli, files):
    flags = ("--shaper", "bsrs", "--shaper-option", "eta=0.5", "-n", 64)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert cli("train", *asked("ppo"), *flags).code == 0
    (caution,) = [w for w in said if issubclass(w.category, Caution)]
    assert "eta=0.5 lies outside" in str(caution.message)
