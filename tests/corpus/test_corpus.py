"""Programs in the published style run unchanged; what breaks the contract is refused, with why.

Every `<task>__<idiom>.py` beside this file is a whole program, our own text. Its first lines say
for which task it is, what becomes of it, and for a refused one a part of the remedy:

    # task: tabletop/lift-cube
    # expect: refused UnknownAttribute
    # remedy: did you mean self.robot.check_grasp(self.cubeA)?
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from rewardlab.design.validate import validate
from rewardlab.envs.tasks import task
from rewardlab.program.program import RewardProgram
from rewardlab.program.reading import read
from rewardlab.sandbox.client import RewardWorker

STEPS = 200
PUBLISHED = {
    *(f"tabletop/{name}" for name in ("lift-cube", "pick-cube", "stack-cube", "turn-faucet")),
    *("tabletop/open-cabinet-door", "tabletop/open-cabinet-drawer", "tabletop/push-chair"),
    *(f"metaworld/{name}" for name in ("window-open", "window-close", "door-close", "door-unlock")),
    *(f"metaworld/{name}" for name in ("drawer-open", "drawer-close", "sweep-into")),
    *(f"metaworld/{name}" for name in ("button-press", "handle-press", "handle-press-side")),
    *("metaworld/handle-pull", "locomotion/hopper-forward", "locomotion/hopper-front-flip"),
    *("locomotion/hopper-back-flip", "locomotion/ant-forward", "locomotion/ant-lie-down"),
    "locomotion/ant-wave-leg",
}


class Member(NamedTuple):
    """A program and what becomes of it."""

    name: str
    source: str
    task: str
    refused: str
    warned: frozenset[str]
    remedy: str


def member(path):
    source = path.read_text("utf-8")
    head = dict(re.findall(r"^# (\w+):(.*)$", source, re.MULTILINE))
    outcome, _, warned = head["expect"].strip().partition(", warns ")
    verdict, _, code = outcome.partition(" ")
    assert verdict in ("accepted", "refused")
    assert bool(code) == (verdict == "refused") == ("remedy" in head)
    codes = frozenset(warned.split(", ")) if warned else frozenset()
    task_id = head["task"].strip()
    assert path.stem.startswith(f"{task_id.replace('/', '.')}__")
    return Member(path.stem, source, task_id, code, codes, head.get("remedy", "").strip())


CORPUS = [member(path) for path in sorted(Path(__file__).parent.glob("*__*.py"))]
ACCEPTED = [m for m in CORPUS if not m.refused]
REFUSED = [m for m in CORPUS if m.refused]


def shown(members):
    return pytest.mark.parametrize("member", members, ids=[m.name for m in members])


@cache
def trajectory(task_id):
    """Return the rows of real steps under actions that move on."""
    rng = np.random.default_rng(0)
    env = task(task_id).make_env(seed=0, native_reward=False)
    rows = [env.reset()[1]["scene"]]
    while len(rows) <= STEPS:
        if len(rows) % 10 == 1:
            action = rng.uniform(env.action_space.low, env.action_space.high)
        *_, terminated, truncated, info = env.step(action.astype(env.action_space.dtype))
        rows.append(info["scene"])
        if terminated or truncated:
            env.reset()
    env.close()
    return np.array(rows[1:])


@shown(ACCEPTED)
def test_a_program_in_the_published_style_runs_unchanged(member):
    verdict = validate(RewardProgram(member.source), member.task)
    assert [str(f) for f in verdict.findings if f.severity == "error"] == []
    assert {f.code for f in verdict.findings} == member.warned
    rows = trajectory(member.task)
    with RewardWorker(member.source, task(member.task).scene) as worker:
        batch = worker.evaluate(rows)
        again = worker.evaluate(rows)
    assert batch.reward.shape == (STEPS,)
    assert np.isfinite(batch.reward).all()
    assert batch.reward.std() > 0
    np.testing.assert_array_equal(batch.reward, again.reward)


@shown(REFUSED)
def test_what_breaks_the_contract_is_refused_with_a_remedy(member):
    verdict = validate(RewardProgram(member.source), member.task)
    errors = [f for f in verdict.findings if f.severity == "error"]
    assert not verdict.ok
    assert {f.code for f in errors} == {member.refused}, [str(f) for f in errors]
    assert {f.code for f in verdict.findings if f.severity == "warning"} == member.warned
    assert any(f.hint and member.remedy in f.hint for f in errors), [str(f) for f in errors]


def test_every_published_task_has_a_program_that_passes():
    assert {m.task for m in ACCEPTED} >= PUBLISHED
    assert len(PUBLISHED) == 24


def test_equal_states_give_equal_values_whatever_the_signature():
    """A third parameter, a class around it or imports that are not used change no value."""
    body = "return float(np.linalg.norm(self.robot.ee_position - self.obj1.position))"
    spellings = [
        f"def compute_dense_reward(self, action):\n    {body}",
        f"def compute_dense_reward(self, action, obs):\n    {body}",
        f"import torch\n\n\ndef compute_dense_reward(self, action, obs=None, **kw):\n    {body}",
        f"class A:\n    def compute_dense_reward(self, action):\n        {body}",
        f"import numpy as np\n\n\ndef compute_dense_reward(env, act, o, /):\n    "
        f"{body.replace('self', 'env')}",
    ]
    rows, scene = trajectory("metaworld/drawer-open"), task("metaworld/drawer-open").scene
    values = []
    for source in spellings:
        assert read(source, scene).ok
        with RewardWorker(source, scene) as worker:
            values.append(worker.evaluate(rows).reward)
    for other in values[1:]:
        np.testing.assert_array_equal(other, values[0])
