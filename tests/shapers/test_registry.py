"""Shapers by name: built-in ones and those of installed packages."""

import subprocess
import sys

import pytest

import rewardlab.shapers
from rewardlab.errors import ConfigError, UnknownName, UsageError
from rewardlab.shapers import Shaper
from rewardlab.shapers.registry import BUILT_IN, make, names, shaper_class

MODULE = """
from collections.abc import Callable
from typing import Literal
import numpy as np
from rewardlab.shapers import Shaped, Shaper


class Gentle(Shaper):
    def __init__(self, *, cost: float = 0.1, steps: int = 3, kind: Literal["l1", "l2"] = "l2",
                 limits: tuple[float, ...] | None = None, quiet: bool = False,
                 cells: Callable[[int], int] | None = None):
        if cost < 0:
            raise ValueError(f"cost is {cost:g}; give 0 or more")
        self.cost, self.steps, self.kind, self.limits = cost, steps, kind, limits

    def shape(self, batch):
        return Shaped(batch.r_ext - self.cost * np.square(batch.action).sum(axis=1), {})


class Fitted(Shaper):
    def __init__(self, horizon):
        self.horizon = horizon

    @classmethod
    def for_task(cls, task, *, scale: float):
        return cls(task.horizon * scale)

    def shape(self, batch):
        return Shaped(batch.r_ext, {})


def nothing():
    return None
"""
ENTRIES = """
[rewardlab.shapers]
gentle = gentle_shapers:Gentle
fitted = gentle_shapers:Fitted
function = gentle_shapers:nothing
gone = gentle_shapers:Gone
absent = no_such_module_anywhere:Gentle
"""


def install(site, name, entries, module=""):
    """Lay a package into a site folder, as pip does."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)
    if module:
        (site / f"{name.replace('-', '_')}.py").write_text(module)


@pytest.fixture
def site(tmp_path, monkeypatch):
    install(tmp_path, "gentle-shapers", ENTRIES, MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("gentle_shapers", None)


@pytest.mark.parametrize("name", rewardlab.shapers.__all__)
def test_every_public_name_exists_and_is_documented(name):
    value = getattr(rewardlab.shapers, name)
    assert value.__name__ == name
    assert value.__doc__
    assert name in dir(rewardlab.shapers)


def test_no_public_name_is_hidden():
    assert set(rewardlab.shapers.__all__) == set(rewardlab.shapers._MODULES)


def test_an_unknown_class_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'ExplorS'"):
        _ = rewardlab.shapers.ExplorS


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_name_leads_to_a_shaper_of_the_public_interface(name):
    cls = shaper_class(name)
    assert issubclass(cls, Shaper)
    assert cls.__name__ in rewardlab.shapers.__all__
    assert name == name.lower()
    assert name in names()


def test_naming_shapers_loads_no_learner():
    script = (
        "import sys, rewardlab.shapers.registry as r; r.names(); "
        "print(*(m for m in ('torch', 'gymnasium', 'stable_baselines3') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == [], done.stderr


def test_an_installed_package_adds_its_own(site):
    assert {"gentle", "fitted"} <= set(names())
    made = make("gentle", {"cost": 1, "limits": [1, 2], "kind": "l1"})
    assert type(made).__module__ == "gentle_shapers"
    assert (made.cost, made.limits, made.kind, made.steps) == (1.0, (1, 2), "l1", 3)


def test_numbers_that_yaml_takes_for_text_are_numbers(site):
    assert make("gentle", {"cost": "1e-3"}).cost == 1e-3


def test_every_shaper_takes_what_all_have(site):
    made = make("gentle", {"update_every": 50, "gamma": 0.5})
    assert (made.update_every, made.gamma, made.cost) == (50, 0.5, 0.1)
    with pytest.raises(ConfigError, match="update_every must be at least 1, got 0"):
        make("gentle", {"update_every": 0})


def test_a_shaper_may_be_built_from_the_task(site, monkeypatch):
    class Task:
        horizon = 50

    assert make("fitted", {"scale": 2}, Task()).horizon == 100
    with pytest.raises(UsageError, match="fitted is built from a task"):
        make("fitted", {"scale": 2})
    with pytest.raises(ConfigError, match="it needs scale, "):
        make("fitted", {}, Task())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"costs": 1}, r"options of the shaper gentle: unknown key 'costs'; did you mean 'cost'"),
        ({"cost": "much"}, r"gentle: cost cannot be 'much'; give a number"),
        ({"cost": True}, r"cost cannot be True; give a number"),
        ({"steps": 2.5}, r"steps cannot be 2.5; give a whole number"),
        ({"kind": "l3"}, r"kind cannot be 'l3'; give 'l1' or 'l2'"),
        ({"limits": 3}, r"limits cannot be 3; give a list or null"),
        ({"cells": 3}, r"cells cannot be 3; give a function, in Python or null"),
        ({"quiet": 1}, r"quiet cannot be 1; give true or false"),
        ({"cost": -1}, r"gentle: cost is -1; give 0 or more"),
    ],
)
def test_wrong_options_are_named(site, options, said):
    with pytest.raises(ConfigError, match=said):
        make("gentle", options)


def test_an_unknown_name_says_which_are_close(site):
    with pytest.raises(UnknownName, match="unknown shaper 'gentel'; did you mean gentle"):
        make("gentel")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("function", r"'gentle_shapers:nothing' as the shaper 'function', which is no subclass"),
        ("gone", r"cannot be imported \(AttributeError: .*Gone.*uninstall it"),
        ("absent", r"cannot be imported \(ModuleNotFoundError: .*no_such_module_anywhere"),
    ],
)
def test_a_bad_entry_point_blames_its_package_and_breaks_no_other(site, name, said):
    with pytest.raises(UsageError, match=f"the package gentle-shapers names .*{said}"):
        make(name)
    assert make("gentle").cost == 0.1


def test_a_module_that_raises_is_blamed_on_its_package(site):
    install(site, "loud", "[rewardlab.shapers]\nloud = loud:Loud\n", "raise SystemError('no')\n")
    with pytest.raises(UsageError, match=r"the package loud names .*\(SystemError: no\)"):
        make("loud")


def test_metadata_that_nobody_can_read_hides_no_other_package(site):
    install(site, "broken", "[rewardlab.shapers]\nthis line has no equals sign\n")
    assert "gentle" in names()
    assert make("gentle").cost == 0.1


def test_two_packages_of_one_name_are_both_named(site):
    install(site, "other", "[rewardlab.shapers]\ngentle = gentle_shapers:Gentle\n")
    with pytest.raises(UsageError, match="several packages: gentle-shapers, other; keep one"):
        make("gentle")
