import subprocess
import sys
from inspect import signature

import pytest

import rewardlab

PUBLIC = [
    "Evaluation",
    "Feedback",
    "Finding",
    "Report",
    "RewardProgram",
    "RewardlabError",
    "Run",
    "Shaped",
    "Shaper",
    "Task",
    "Transitions",
    "Verdict",
    "__version__",
    "attach",
    "evaluate",
    "generate",
    "refine",
    "report",
    "rounds",
    "task",
    "tasks",
    "train",
    "validate",
]


def test_public_names_are_pinned():
    assert rewardlab.__all__ == PUBLIC == sorted(PUBLIC)
    assert len(PUBLIC) <= 25


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_exists_and_is_documented(name):
    value = getattr(rewardlab, name)
    assert name in dir(rewardlab)
    if name != "__version__":
        assert value.__doc__
        assert value.__name__ == name


@pytest.mark.parametrize(
    ("name", "positional", "options"),
    [
        ("task", ["id"], []),
        ("generate", ["task", "goal"], ["coder", "n", "few_shot", "max_repairs", "model", "seed"]),
        ("validate", ["program", "task"], ["seed"]),
        (
            "train",
            ["task", "reward"],
            [
                "algo",
                "n_timesteps",
                "seed",
                "n_envs",
                "preset",
                "policy",
                "policy_kwargs",
                "shaper",
                "shaper_options",
                "resume",
                "out",
            ],
        ),
        ("attach", ["model", "shaper"], []),
        ("evaluate", ["run"], ["episodes", "seed", "checkpoint", "video"]),
        ("report", ["run"], []),
        ("rounds", ["task", "goal"], ["n", "say", "coder", "n_timesteps", "resume", "out"]),
        ("refine", ["run", "comment"], ["rating", "prefer", "coder"]),
    ],
)
def test_the_verbs_take_what_others_rely_on(name, positional, options):
    parameters = signature(getattr(rewardlab, name)).parameters
    assert [n for n, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD] == positional
    assert set(options) <= {n for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("verb", [rewardlab.evaluate, rewardlab.report, rewardlab.refine])
def test_a_run_may_be_named(verb):
    with pytest.raises(rewardlab.RewardlabError, match="unknown run 'no-such-run'"):
        verb("no-such-run")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'rewardlab' has no attribute 'trian'"):
        _ = rewardlab.trian


def test_importing_it_loads_nothing_but_the_standard_library():
    script = "import sys; before = set(sys.modules); import rewardlab; " + (
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["rewardlab"]
