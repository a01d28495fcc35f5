"""Teachers of tasks that are no tables: refusals, the MDP they see, rewards, rules, programs."""

import ast

import numpy as np
import pytest
import teacher as bench
from recipes import kept
from stable_baselines3 import DQN, SAC, TD3

from rewardlab import task
from rewardlab.design.validate import validate
from rewardlab.errors import UsageError
from rewardlab.sandbox.runner import RewardRunner
from rewardlab.shapers import exprd
from rewardlab.shapers.designed import ExpRD
from rewardlab.shapers.lessons import Lessons
from rewardlab.shapers.macro import estimate
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.teacher import Teacher, partition, prototypes
from rewardlab.shapers.view import PolicyView
from rewardlab.training.attach import attach
from tests.shapers import corridor
from tests.shapers.batches import same, transitions
from tests.training.slide import Slide

SMALL = {"n_cells": 8, "n_prototypes": 3, "n_steps": 1_500, "hold": 2, "macro": 3, "episodes": 8}


@pytest.fixture(scope="module")
def teacher():
    return Teacher.from_model(corridor.policy(), corridor.make(), **SMALL)


def batch(n=400, seed=0):
    rng = np.random.default_rng(seed)
    obs = np.column_stack([rng.uniform(-0.2, 1.1, n), rng.normal(size=n)])
    return transitions(obs, rng.uniform(-2, 2, (n, 1)).astype(np.float32), obs)


def test_it_knows_how_good_it_is(teacher):
    assert teacher.calibration > 0.95
    assert teacher.returned > -11 > teacher.random


def test_one_that_is_not_better_than_random_is_refused_with_both_returns():
    with pytest.raises(UsageError, match=r"not better than random.* -\d.*random actions -\d"):
        Teacher.from_model(corridor.policy(push=-2.0), corridor.make(), **SMALL)


def test_a_critic_that_does_not_know_its_returns_is_refused_with_the_number():
    with pytest.raises(UsageError, match=r"correlation is -0\.9\d\d, and 0\.9"):
        Teacher.from_model(corridor.policy(worth=-5.0), corridor.make(), **SMALL)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"n_cells": 600}, "1800 pairs; at most 1500"), ({"hold": 4}, "hold=4, macro=3")],
)
def test_sizes_out_of_range_are_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        Teacher.from_model(corridor.policy(), corridor.make(), **{**SMALL, **wrong})


def test_the_cells_follow_what_matters(teacher):
    obs = batch().obs
    cells, noise = teacher.abstraction.cells, np.array([0.0, 3.0])
    assert (cells(obs) == cells(obs + noise)).all()
    order = np.argsort(obs[:, 0])
    assert len(np.unique(cells(obs))) == 8
    assert (np.diff(cells(obs[order])) >= 0).all()
    assert (np.diff(teacher.values) > 0).all()


def test_pushing_on_is_optimal_in_every_cell_that_its_mdp_tells_apart(teacher):
    best, push = optimum(teacher.macro.mdp), teacher.abstraction.actions(np.array([[2.0]]))[0]
    assert best.optimal[:-1, push].all()
    assert (best.gap[:-1] > 0).mean() > 0.5
    assert teacher.macro.stays < 0.6


def test_the_designed_reward_keeps_the_optimum_and_pays_the_teacher(teacher):
    shaper = teacher.exprd()
    best = optimum(teacher.macro.mdp)
    under = optimum(teacher.macro.mdp, shaper.design.reward, tie=1e-7)
    assert (best.optimal | ~under.optimal).all()
    assert shaper.invariance == "approx"
    states = batch()
    pay = {
        push: shaper.shape(
            transitions(states.obs, np.full((400, 1), push, np.float32), states.obs)
        ).reward
        for push in (-2.0, 2.0)
    }
    assert pay[2.0].mean() > pay[-2.0].mean() + 0.1


def test_a_macro_steps_pay_is_spread_over_its_steps(teacher):
    shaper = teacher.exprd()
    spread = (1 - corridor.GAMMA**3) / (1 - corridor.GAMMA)
    np.testing.assert_allclose(shaper.reward * spread, shaper.design.reward, atol=1e-12)


def test_the_same_seed_gives_the_same_teacher_and_torch_is_left_alone(teacher):
    import torch

    torch.manual_seed(5)
    again = Teacher.from_model(corridor.policy(), corridor.make(), **SMALL)
    assert again.calibration == teacher.calibration
    assert (again.exprd().reward == teacher.exprd().reward).all()
    drawn = torch.rand(1)
    torch.manual_seed(5)
    corridor.policy()  # what building it draws
    assert torch.rand(1) == drawn


def test_its_values_are_potentials(teacher):
    states, after = batch(), batch(seed=1)
    step = transitions(states.obs, states.action, after.obs)
    for of, phi in (
        ("critic", lambda obs: 5.0 * obs[:, 0] - 5.0),
        ("cells", lambda obs: teacher.values[teacher.abstraction.cells(obs)]),
    ):
        potential = teacher.potential(of)
        env = corridor.make()
        spaces = env.observation_space, env.action_space
        potential.bind(*spaces, gamma=corridor.GAMMA, n_envs=1, seed=0)
        wanted = corridor.GAMMA * phi(after.obs) - phi(states.obs)
        np.testing.assert_allclose(potential.shape(step).reward, wanted, atol=1e-5)
        assert potential.invariance == "exact"


def test_the_adaptive_reward_follows_a_learner_and_is_restored_bit_for_bit(teacher):
    env, states = corridor.make(), batch()
    first, second = teacher.expadard(), teacher.expadard()
    for shaper in (first, second):
        spaces = env.observation_space, env.action_space
        shaper.bind(*spaces, gamma=corridor.GAMMA, n_envs=1, seed=0)
    first.start(PolicyView(corridor.policy(push=0.0)))
    assert first.reward.any()
    assert first.invariance == "approx"
    first.observe(states)
    second.load_state_dict(first.state_dict())
    learner = PolicyView(corridor.policy(push=0.5))
    found = [shaper.update(learner) for shaper in (first, second)]
    assert found[0] == found[1]
    assert found[0]["margin"] >= -1e-8
    assert same(first.state_dict(), second.state_dict())


@pytest.mark.parametrize(("algo", "discrete"), [(SAC, False), (TD3, False), (DQN, True)])
def test_policies_of_any_family_have_cells_and_an_mdp(algo, discrete):
    env = Slide(discrete=discrete)
    view = PolicyView(algo("MlpPolicy", env, seed=0, device="cpu", buffer_size=10))
    lessons = Lessons(view, env, gamma=0.99, seed=0)
    random = [lessons.play(lessons.random) for _ in range(10)]
    actions = prototypes(env.action_space, random, 4, 0)
    assert all((actions(np.stack([actions.raw(i)])) == i).all() for i in range(actions.n))
    shown = lessons.shown(actions, n_steps=400, hold=1, macro=2, shares=(0.5, 1.0))
    abstraction, values = partition(lessons, actions, shown, 6, 0)
    macro = estimate(shown, abstraction, hold=1, macro=2, gamma=0.99)
    assert macro.counts.shape == (6, actions.n) == abstraction.shape
    assert (macro.counts > 0).mean() > 0.5
    assert values.shape == (6,)
    assert exprd.design(macro.mdp, budget=None).certificate.holds


def test_a_fresh_learner_learns_from_either(teacher):
    for shaper in (teacher.exprd(), teacher.expadard()):
        model = corridor.policy(push=0.0, worth=0.0, log_std=0.0)
        model.learn(640, callback=attach(model, shaper))
        assert model.policy.action_net.bias.item() > 0.1


def test_leaves_print_as_rules(teacher):
    lines = teacher.exprd().rules().splitlines()
    furthest = teacher.abstraction.actions.points.max()
    assert len(lines) == 2 + 8
    assert lines[2].startswith("| 0 | obs[0] <= 0.")
    assert lines[2].split(" | ")[2] == f"[{furthest:.2f}]"


def test_a_program_pays_what_the_table_pays(teacher):
    shown, shaper = task("gym/tests.shapers.corridor:rewardlab-tests/Corridor-v0"), teacher.exprd()
    program = shaper.program(shown)
    verdict = validate(program, shown)
    assert verdict.ok, verdict
    env = shown.make(seed=0, render_mode=None, native_reward=True)
    rows, obs, actions, rng = [], [], [], np.random.default_rng(0)
    for _ in range(5):
        seen, _ = env.reset()
        done = False
        while not done:
            obs.append(seen)
            actions.append(rng.uniform(-2, 2, 1).astype(np.float32))
            seen, _, terminated, truncated, info = env.step(actions[-1])
            rows.append(info["scene"])
            done = terminated or truncated
    with RewardRunner(program, shown.scene) as runner:
        scored = runner.evaluate(np.stack(rows))
    paid = shaper.shape(transitions(np.array(obs), np.array(actions), np.array(obs))).reward
    assert np.ptp(paid) > 0.1
    np.testing.assert_allclose(scored.reward, paid, atol=1e-9)


def test_programs_that_cannot_be_are_refused(teacher):
    with pytest.raises(UsageError, match="do not see the observation"):
        teacher.exprd().program(task("tabular/room-2021"))
    with pytest.raises(UsageError, match="rules are those of a tree"):
        ExpRD(np.zeros((3, 2))).rules()


def test_the_published_table_is_that_of_its_rows():
    folder = bench.FOLDER
    page = (folder / "teacher.md").read_text()
    rows = kept(folder / "teacher.jsonl")
    assert bench.table(rows) in page
    assert rows[0]["teacher"] in page
    assert {row["method"] for row in rows} == set(bench.METHODS)


def test_a_program_is_plain_python(teacher):
    shown = task("gym/tests.shapers.corridor:rewardlab-tests/Corridor-v0")
    tree = ast.parse(teacher.exprd().program(shown).source)
    assert sum(isinstance(node, ast.If) for node in ast.walk(tree)) == 7


def test_one_episode_has_no_deviation_to_compare_by():
    with pytest.raises(UsageError, match="episodes is 1; give a whole number, 2 or more"):
        Teacher.from_model(corridor.policy(), corridor.make(), **{**SMALL, "episodes": 1})
