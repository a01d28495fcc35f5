"""What only reads text must not load a simulator or a learner: each takes seconds."""

import subprocess
import sys

SCRIPT = """
import importlib, pkgutil, sys, rewardlab
names = ["rewardlab.config", "rewardlab.errors"]
for package in ("program", "coders", "store", "cli"):
    module = importlib.import_module(f"rewardlab.{package}")
    names += [m.name for m in pkgutil.walk_packages(module.__path__, module.__name__ + ".")]
for name in names:
    importlib.import_module(name)
heavy = ("torch", "mujoco", "stable_baselines3", "metaworld", "gymnasium")
print(len(names), *(m for m in heavy if m in sys.modules))
"""


def test_reading_packages_import_no_simulator_and_no_learner():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    n, *loaded = done.stdout.split()
    assert int(n) > 50
    assert loaded == []
