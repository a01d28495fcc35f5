"""What is installed from the wheel, away from the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

IMPORT_ALL = """
import pkgutil, sys, rewardlab
root = rewardlab.__path__[0]
names = [m.name for m in pkgutil.walk_packages([root], "rewardlab.") if "__main__" not in m.name]
for name in names:
    module = __import__(name, fromlist=["x"])
    assert module.__file__.startswith(root), module.__file__
assert {"rewardlab.envs.tasks", "rewardlab.policies", "rewardlab.cli.run"} <= set(names), names
for name in rewardlab.__all__:
    getattr(rewardlab, name)
print(root)
"""

RENDER_ALL = """
from dataclasses import replace
from importlib.resources import files
import rewardlab as rl
from rewardlab.coders.base import Attempt, Example, Request, Round
from rewardlab.coders.library import reference
from rewardlab.coders.prompting import render
from rewardlab.program.finding import Finding

task = rl.task("metaworld/drawer-open")
program = rl.RewardProgram("def compute_dense_reward(self, action):\\n    return 0.0\\n", task.id)
plain = Request(task.id, task.goal, task.scene, task.describe(), tips=task.tips)
shown = replace(plain, examples=(Example("metaworld/reach", "Reach.", program.source),))
refined = replace(plain, rounds=(Round(program, "success 0.1", "Be faster."),))
finding = Finding("UnknownAttribute", "no 'x'", line=2, hint="did you mean 'y'?")
repair = replace(plain, attempt=Attempt(program.source, (finding,)))
made = [render(request).template for request in (plain, shown, refined, repair)]
there = {p.name for p in files("rewardlab").joinpath("prompts").iterdir()}
assert {f"{name}.j2" for name in made} <= there, there
assert "metaworld/reach" in {solved.task_id for solved in reference()}
print(*made)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the sdist, and the wheel from that sdist."""
    dist = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    assert len(list(dist.glob("*.tar.gz"))) == 1
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel alone into a fresh environment that borrows our dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-index"]
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    # A path file makes our packages importable, but not those installed editable, this one.
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture
def away(installed, tmp_path):
    """Run a command of that environment in a folder that is not the checkout."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*command):
        command = [str(installed / command[0]), *command[1:]]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.slow
def test_every_module_of_the_wheel_can_be_imported(away, installed):
    root = Path(away("python", "-c", IMPORT_ALL).strip())
    assert root.is_relative_to(installed.parent)


@pytest.mark.slow
def test_every_prompt_of_the_wheel_can_be_rendered(away):
    assert away("python", "-c", RENDER_ALL).split() == [
        "generate",
        "generate",
        "feedback",
        "repair",
    ]


@pytest.mark.slow
def test_the_command_of_the_wheel_works(away):
    found = json.loads(away("rewardlab", "tasks", "--json"))["tasks"]
    assert "metaworld/window-close" in {task["id"] for task in found}


@pytest.mark.slow
def test_the_wheel_writes_and_jails_programs(away):
    goal = "Push and close a sliding window by its handle."
    away(
        "rewardlab", "generate", "metaworld/window-close", goal, "--coder", "offline", "-o", "p.py"
    )
    told = away("rewardlab", "validate", "p.py", "--task", "metaworld/window-close", "--json")
    assert json.loads(told)["ok"]
