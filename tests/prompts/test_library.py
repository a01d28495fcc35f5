"""The reference library: every packaged program is what it says and passes on its own task."""

from importlib.resources import files

import pytest

from rewardlab.coders.library import reference
from rewardlab.design.validate import validate
from rewardlab.envs.tasks import SUITES, task
from rewardlab.program.program import RewardProgram


def suite_is_there(example):
    return SUITES[example.task_id.partition("/")[0]].available


@pytest.mark.parametrize("example", reference(), ids=lambda example: example.task_id)
def test_every_program_passes_on_its_own_task(example):
    if not suite_is_there(example):
        pytest.skip(f"the simulator of {example.task_id} is not installed")
    own = task(example.task_id)
    assert own.env_id == example.env_id
    verdict = validate(RewardProgram(example.source), own)
    assert verdict.findings == ()
    assert verdict.terms, "its terms have no names"


def test_a_file_is_named_after_its_task():
    library = files("rewardlab").joinpath("prompts", "library")
    for example in reference():
        assert library.joinpath(*f"{example.task_id}.yaml".split("/")).is_file()
