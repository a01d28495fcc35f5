"""A program's guidance as a potential: what is optimal stays so, whatever the program says."""

from dataclasses import replace

import numpy as np
import pytest

import rewardlab
from rewardlab.design.validate import probe_rows
from rewardlab.envs.tabular import expected_return, mdp
from rewardlab.envs.tabular.scenes import seen
from rewardlab.errors import ProgramRefused, UsageError
from rewardlab.evaluation.inspected import inspected, table_of
from rewardlab.evaluation.shaping import of_task
from rewardlab.program.program import RewardProgram
from rewardlab.program.schema import Schema
from rewardlab.program.specs import ActionSpec, EntitySpec, FieldSpec
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.shapers.base import Transitions
from rewardlab.shapers.program_potential import ProgramPotential, as_beginnings, usable
from rewardlab.shapers.tables.optimum import one_hot, optimum

GAMMA = 0.9
SCHEMA = Schema(EntitySpec("Point", "", (FieldSpec("x", "where", "float"),)), ActionSpec(1), 0.1)
SOURCE = """
def compute_dense_reward(self, action):
    near = min(1.0, 2.0 - abs(self.x))
    high = float(self.x > 1)
    pace = (self.x - self.previous.x) / self.dt
    effort = -0.1 * np.square(action).sum()
    return 3.0 * near + high + pace + effort, {
        "near": near, "high": high, "pace": pace, "effort": effort,
    }
"""


def phi(x):
    return 3.0 * np.minimum(1.0, 2.0 - np.abs(x)) + (x > 1)


def walk(x, *, terminated=False, first=0.0):
    """Return the transitions of one episode through places `x (N + 1,)`."""
    n = len(x) - 1
    rows = np.zeros((n, SCHEMA.row_size))
    rows[:, 0], rows[:, 1], rows[:, 2] = x[1:], x[:-1], first
    rows[:, 3] = 0.1 * np.arange(1, n + 1)
    rows[:, 4] = np.linspace(-1, 1, n)
    ends = np.arange(n) == n - 1
    return Transitions(
        obs=np.asarray(x[:-1])[:, None],
        action=rows[:, 4:],
        r_ext=np.full(n, 0.5),
        next_obs=np.asarray(x[1:])[:, None],
        terminated=ends & terminated,
        truncated=ends & (not terminated),
        env_id=np.zeros(n, np.int64),
        t=np.arange(n),
        success=np.zeros(n, bool),
        scene=rows,
    )


@pytest.fixture(scope="module")
def shaper():
    shaper = ProgramPotential(RewardRunner(RewardProgram(SOURCE), SCHEMA))
    shaper.gamma = GAMMA
    yield shaper
    shaper.close()


X = np.array([0.0, 0.5, 1.7, 1.2, -0.4, 2.1])


@pytest.mark.parametrize("terminated", [False, True])
def test_what_is_added_telescopes(shaper, terminated):
    batch = walk(X, terminated=terminated)
    f = shaper.shape(batch).reward - batch.r_ext
    last = 0.0 if terminated else GAMMA ** len(f) * phi(X[-1])
    assert (GAMMA ** np.arange(len(f))) @ f == pytest.approx(last - phi(X[0]))
    np.testing.assert_allclose(f[:-1], GAMMA * phi(X[1:-1]) - phi(X[:-2]))


def test_weights_are_kept_and_other_terms_left_out(shaper):
    assert shaper.potential.weights == {"near": 3.0, "high": 1.0}
    assert [str(r) for r in shaper.potential.refused] == [
        "pace (reads self.previous)",
        "effort (reads action)",
    ]
    shaped = shaper.shape(walk(X))
    assert list(shaped.terms) == ["near", "high"]
    np.testing.assert_allclose(sum(shaped.terms.values()), shaped.reward - 0.5)


def test_only_the_scenes_count(shaper):
    """By construction, not by analysis: nothing else reaches the program."""
    batch = walk(X)
    other = batch.scene.copy()
    other[:, 2:] = 77.0
    changed = replace(batch, scene=other, action=batch.action + 1)
    np.testing.assert_array_equal(shaper.shape(batch).reward, shaper.shape(changed).reward)
    again = as_beginnings(other, SCHEMA)
    np.testing.assert_array_equal(again[:, :3], other[:, [0, 0, 0]])
    assert not again[:, 3:].any()


def test_replayed_transitions_keep_what_was_added(shaper):
    batch = walk(X, terminated=True)
    shaped = shaper.shape(batch)
    kept = replace(batch, scene=None, extras=dict(shaped.extras) | {"of another": np.ones(5)})
    np.testing.assert_array_equal(shaper.shape(kept).reward, shaped.reward)


def test_it_says_what_it_cannot_use():
    source = SOURCE.replace("near = min(1.0, 2.0 - abs(self.x))", "near = self.time").replace(
        "float(self.x > 1)", "float(self.initial.x > 1)"
    )
    with pytest.raises(UsageError, match=r"near \(reads self.time\), high \(reads self.initial\)"):
        usable(RewardProgram(source), SCHEMA)
    with pytest.raises(ProgramRefused):
        usable(RewardProgram("import os"), SCHEMA)
    with (
        pytest.raises(UsageError, match="record their scene"),
        RewardRunner(RewardProgram(SOURCE), SCHEMA) as runner,
    ):
        ProgramPotential(runner).shape(replace(walk(X), scene=None))


def test_terms_of_unknown_weight_must_add_up():
    source = """
def compute_dense_reward(self, action):
    near, effort = -abs(self.x), action[0]
    return near * 2.0 ** near + effort, {"near": near, "effort": effort}
"""
    with RewardRunner(RewardProgram(source), SCHEMA) as runner:
        shaper = ProgramPotential(runner)
        shaper.gamma = GAMMA
        with pytest.raises(UsageError, match="differ by"):
            shaper.shape(walk(X))


def test_a_reward_of_the_scene_alone_counts_whole_with_its_clipping():
    source = "def compute_dense_reward(self, action):\n    return np.clip(2 * self.x, 0.0, 1.0)\n"
    with RewardRunner(RewardProgram(source), SCHEMA) as runner:
        values = ProgramPotential(runner).values(walk(X).scene)
        np.testing.assert_allclose(values["potential"], np.clip(2 * X[1:], 0, 1))


@pytest.mark.parametrize("id", ["metaworld/drawer-open", "fetch/push"])
def test_composed_programs_have_potentials_that_nothing_else_moves(id):
    """By numbers, on real states with another past, another beginning, time and action."""
    task = rewardlab.task(id)
    (program,) = rewardlab.generate(task, task.goal, coder="offline")
    rows = probe_rows(task, 0).rows[:40]
    other = rows.copy()
    other[:, task.scene.size :] = rows[::-1, task.scene.size :]
    found = usable(program, task.scene)
    assert found.weights
    assert found.refused
    with RewardRunner(program, task.scene) as runner:
        here, there = runner.evaluate(rows), runner.evaluate(other)
    for name in found.weights:
        k = here.names.index(name)
        np.testing.assert_array_equal(here.terms[:, k], there.terms[:, k])


LOOPHOLE = """
def compute_dense_reward(self, action):
    near = 1.0 - ((6.0 - self.x) + (6.0 - self.y)) / 12.0
    effort = -0.01 * float(action > 1)
    return near + effort, {"near": near, "effort": effort}
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Exact tables of what success and a program with a loophole pay in ROOM, by shaping."""
    path = RewardProgram(LOOPHOLE).save(tmp_path_factory.mktemp("programs") / "near.py")
    task, m = rewardlab.task("tabular/room-2024"), mdp("room-2024")

    def table(reward, shaping="replace"):
        given = {"shaper": "", "options": {}, "gamma": m.gamma}
        with of_task(task, reward=reward, shaping=shaping, **given) as shapers:
            return table_of(shapers, m, task)

    return {
        "sparse": table("sparse"),
        "add": table(str(path), "add"),
        "potential": table(str(path), "potential"),
    }


def test_added_a_loophole_is_optimal_as_a_potential_it_cannot_be(tables):
    m = mdp("room-2024")
    best = {name: optimum(m, reward, tie=1e-7) for name, (reward, _) in tables.items()}
    np.testing.assert_array_equal(best["potential"].optimal, best["sparse"].optimal)
    earns = {k: expected_return(m, one_hot(b.policy, m.n_actions)) for k, b in best.items()}
    assert earns["potential"] == pytest.approx(earns["sparse"], abs=1e-9)
    assert earns["add"] < 0.01 * earns["sparse"]


def test_values_change_by_the_potential_and_advantages_do_not(tables):
    m = mdp("room-2024")
    rows = seen(m).rows
    phi = 1.0 - ((6.0 - rows[:, 0]) + (6.0 - rows[:, 1])) / 12.0
    phi[m.terminal] = 0.0
    bare, shaped = (optimum(m, tables[k][0]) for k in ("sparse", "potential"))
    np.testing.assert_allclose(shaped.q, bare.q - phi[:, None], atol=1e-9)
    np.testing.assert_allclose(tables["potential"][1]["potential near"], phi)


def test_the_certificate_tells_the_two_apart(tables):
    m = mdp("room-2024")
    kept = {k: inspected(k, m, reward).certificate.kept for k, (reward, _) in tables.items()}
    assert kept == {"sparse": True, "add": False, "potential": True}
