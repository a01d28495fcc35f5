"""Composing for real tasks."""

import re

import pytest

from rewardlab.coders.base import Request, Round
from rewardlab.coders.offline import OfflineComposer
from rewardlab.envs.tasks import task
from rewardlab.program.program import RewardProgram


@pytest.fixture(scope="session")
def ask():
    """Make a request for a task: `ask(id, goal, comments=(), origin="user", plan=None, **more)`."""

    def make(task_id, goal=None, *, comments=(), origin="user", plan=None, **more):
        t = task(task_id)
        notes = {"plan": plan} if plan else {}
        parent = RewardProgram("def f(): ...", origin=origin, notes=notes)
        rounds = tuple(Round(parent, "", comment) for comment in comments)
        goal = t.goal if goal is None else goal
        return Request(t.id, goal, t.scene, t.describe(), t.tips, rounds=rounds, **more)

    return make


@pytest.fixture(scope="session")
def compose(ask):
    """Compose for a task; the reply."""

    def write(task_id, goal=None, **more):
        return OfflineComposer(library=False).write(ask(task_id, goal, **more))

    return write


@pytest.fixture(scope="session")
def code():
    """The one block of code in a reply."""

    def extract(reply):
        (block,) = re.findall(r"```python\n(.*?)```", reply.text, re.DOTALL)
        return block

    return extract


@pytest.fixture(scope="session")
def weights():
    """Weight of each term in a program's text."""

    def read(source):
        table = source.split("# What each term is worth.\n")[1].split("\n\n")[0]
        return {
            name.lower(): float(value)
            for name, value in re.findall(r"^(\w+) = ([\d.]+)", table, re.MULTILINE)
        }

    return read
