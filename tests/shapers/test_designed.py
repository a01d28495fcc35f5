"""ExpRD and ExpAdaRD as shapers: tables of states that are observed."""

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import A2C, DQN, PPO

from rewardlab import task
from rewardlab.envs.tabular import TabularEnv, expected_return, from_toy_text, greedy, mdp
from rewardlab.errors import UsageError
from rewardlab.shapers import expadard, exprd
from rewardlab.shapers.designed import ExpRD
from rewardlab.shapers.redesigned import ExpAdaRD
from rewardlab.shapers.tables.optimum import optimum
from rewardlab.shapers.tables.polytope import Polytope
from rewardlab.shapers.view import PolicyView
from rewardlab.training.attach import attach
from tests.shapers.batches import same, transitions

LINE = mdp("linek-2024")


def bound(shaper, env, gamma, seed=0):
    spaces = env.observation_space, env.action_space
    shaper.bind(*spaces, gamma=gamma, n_envs=1, seed=seed)
    return shaper


def everywhere(shaper, n_states, n_actions):
    """Return what a shaper pays in each state for each action."""
    s, a = (i.ravel() for i in np.indices((n_states, n_actions)))
    batch = transitions(s, a, s, r_ext=np.full(len(s), 7.0))
    return shaper.shape(batch).reward.reshape(n_states, n_actions)


def test_a_design_replaces_the_reward_by_its_table():
    shaper = bound(ExpRD.from_mdp(LINE, budget=3), TabularEnv(LINE), LINE.gamma)
    table = exprd.design(LINE, budget=3).reward
    assert (everywhere(shaper, *LINE.R.shape) == table).all()
    assert shaper.mode == "replace"
    assert shaper.invariance == "exact"
    assert shaper.metrics()["margin"] >= -1e-8


def test_a_bare_table_promises_nothing():
    assert ExpRD(np.zeros(LINE.R.shape)).invariance == "none"


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1"])
def test_toy_text_is_designed_for_out_of_the_box(name):
    env = gym.make(name)
    made = from_toy_text(env)
    shaper = bound(ExpRD.from_env(env, tie_break="vertex"), env, 0.99)
    paid = everywhere(shaper, made.terminal, made.n_actions)
    best = greedy(optimum(made, np.vstack([paid, np.zeros(made.n_actions)])).q)
    v = optimum(made).v
    assert expected_return(made, best) == pytest.approx(made.initial @ v, abs=1e-6)


def test_a_tabular_task_is_designed_for_by_its_id():
    shaper = ExpRD.for_task(task("tabular/linek-2024"), budget=1, gamma=0.9)
    assert shaper.gamma == 0.9
    assert ExpAdaRD.for_task(task("tabular/linek-2024")).gamma == LINE.gamma


def test_a_task_without_a_table_names_the_teacher():
    with pytest.raises(UsageError, match=r"gym/CartPole-v1 has no exact table.*Teacher"):
        ExpRD.for_task(task("gym/CartPole-v1"))


def test_shapes_that_do_not_fit_are_refused():
    env = TabularEnv(LINE)
    with pytest.raises(UsageError, match=r"\(3, 3\), the environment \(21, 3\)"):
        bound(ExpRD(np.zeros((3, 3))), env, 0.95)
    with pytest.raises(UsageError, match="finite"):
        ExpRD(np.full((2, 2), np.nan))
    with pytest.raises(UsageError, match=r"shape \(4,\)"):
        ExpRD(np.zeros(4))
    with pytest.raises(UsageError, match="integers as observations"):
        bound(ExpRD(np.zeros((3, 2))), gym.make("CartPole-v1"), 0.95)


@pytest.fixture(scope="module")
def room():
    return mdp("room-2024")


def test_the_adaptive_reward_is_the_design_for_the_learners_policy(room):
    env = TabularEnv(room)
    model = A2C("MlpPolicy", env, gamma=room.gamma, seed=3, device="cpu")
    shaper = bound(ExpAdaRD(room), env, room.gamma)
    view = PolicyView(model)
    found = shaper.update(view)
    policy = np.vstack([view.probs(np.arange(room.n_states))])
    policy[room.terminal] = 1 / room.n_actions
    policy /= policy.sum(axis=1, keepdims=True)
    direct = expadard.design(room, policy=policy)
    assert found["objective"] == pytest.approx(direct.objective, abs=1e-9)
    assert found["margin"] >= -1e-8
    paid = everywhere(shaper, *room.R.shape)
    assert expadard.informativeness(room, paid, policy) == pytest.approx(direct.objective, abs=1e-9)


def test_a_deterministic_learner_keeps_the_reward_and_dqn_explores(room):
    env = TabularEnv(room)
    model = DQN("MlpPolicy", env, gamma=room.gamma, seed=0, device="cpu", buffer_size=10)
    shaper, view = bound(ExpAdaRD(room), env, room.gamma), PolicyView(model)
    model.exploration_rate = 0.2
    shaper.update(view)
    table = shaper.reward
    assert table.any()
    model.exploration_rate = 0.0
    assert shaper.update(view)["change"] == 0.0
    assert (shaper.reward == table).all()


def test_an_average_of_designs_is_feasible_too(room):
    env = TabularEnv(room)
    shaper = bound(ExpAdaRD(room, averaging=0.5), env, room.gamma)
    tables = []
    for seed in range(2):
        view = PolicyView(A2C("MlpPolicy", env, gamma=room.gamma, seed=seed, device="cpu"))
        shaper.update(view)
        tables.append(shaper.reward)
    best, under = optimum(room), optimum(room, tables[1], tie=1e-7)
    assert (best.optimal | ~under.optimal).all()


class Plays:
    """A learner with a table of probabilities."""

    def __init__(self, policy):
        self.policy = policy

    def probs(self, obs):
        return self.policy[obs]


def test_what_is_told_of_an_average_is_told_of_the_table_that_is_paid(room):
    env = TabularEnv(room)
    shaper = bound(ExpAdaRD(room, averaging=0.5, scale=2.0), env, room.gamma)
    for seed in range(2):
        policy = np.random.default_rng(seed).dirichlet(np.full(room.n_actions, 0.3), room.n_states)
        policy[room.terminal] = 1 / room.n_actions
        found = shaper.update(Plays(policy))
    paid, alone = shaper.reward / 2.0, expadard.design(room, policy=policy)
    told = expadard.informativeness(room, paid, policy)
    assert found["objective"] == pytest.approx(told, abs=1e-9)
    assert found["objective"] < alone.objective - 1e-6
    polytope = Polytope.of(room, optimum(room))
    assert found["margin"] == pytest.approx(polytope.margin(paid), abs=1e-9)
    assert shaper.design.certificate.max_abs == pytest.approx(np.abs(paid).max())


def test_a_restored_one_goes_on_bit_for_bit(room):
    env, shapers = TabularEnv(room), []
    views = [
        PolicyView(A2C("MlpPolicy", env, gamma=room.gamma, seed=seed, device="cpu"))
        for seed in range(3)
    ]
    first, second = (bound(ExpAdaRD(room, averaging=0.3), env, room.gamma) for _ in range(2))
    first.update(views[0])
    first.update(views[1])
    second.load_state_dict(first.state_dict())
    second.start(views[0])  # it has a design: training goes on, so nothing is designed
    for shaper in (first, second):
        shapers.append(shaper.update(views[2]))
    assert shapers[0] == shapers[1]
    assert same(first.state_dict(), second.state_dict())


def test_a_learner_learns_from_the_design():
    env = TabularEnv(LINE)
    model = PPO("MlpPolicy", env, gamma=LINE.gamma, n_steps=128, seed=0, device="cpu")
    model.learn(1_280, callback=attach(model, ExpAdaRD(LINE)))
    policy = PolicyView(model).probs(np.arange(LINE.n_states))
    random = expected_return(LINE, np.full(LINE.R.shape, 1 / 3), horizon=30)
    assert expected_return(LINE, policy, horizon=30) > random


def test_another_discount_than_the_designs_is_refused():
    model = A2C("MlpPolicy", TabularEnv(LINE), gamma=0.5, device="cpu")
    with pytest.raises(UsageError, match="gamma"):
        attach(model, ExpRD.from_mdp(LINE, budget=1))


def test_a_design_is_for_one_discount_and_keeps_its_signs():
    made = exprd.design(mdp("room-2021"), budget=0)
    assert ExpRD(made).gamma == 0.95
    with pytest.raises(UsageError, match=r"designed for gamma 0.95, not 0.5"):
        ExpRD(made, gamma=0.5)
    with pytest.raises(UsageError, match=r"designed for gamma 0.95, not 0.5"):
        ExpAdaRD(mdp("room-2024"), gamma=0.5)
    for build in (lambda: ExpRD(made, scale=-1.0), lambda: ExpAdaRD(mdp("room-2024"), scale=0.0)):
        with pytest.raises(UsageError, match=r"scale is .*; give a number above 0"):
            build()
