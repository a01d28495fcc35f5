import subprocess
import sys

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
    "evaluate",
    "generate",
    "refine",
    "report",
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


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'rewardlab' has no attribute 'trian'"):
        _ = rewardlab.trian


def test_importing_it_loads_nothing_but_the_standard_library():
    script = "import sys; before = set(sys.modules); import rewardlab; " + (
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["rewardlab"]
