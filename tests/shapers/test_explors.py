from copy import deepcopy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import DQN, PPO, SAC

from rewardlab.envs.tabular import greedy, mdp, value_iteration
from rewardlab.errors import UsageError
from rewardlab.shapers.explors import ExploRS
from rewardlab.shapers.phi_table import agreement
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from rewardlab.training.tabular.play import World, play
from rewardlab.training.tabular.self_shaping import TabularExploRS
from rewardlab.training.tabular.shaping import Table
from tests.shapers.batches import BOX, bound, rollout, same, transitions

REACH = gym.spaces.Box(-2.0, 2.0, (2,))


class Acting:
    """A policy that stays; who asks it for values of shaped rewards is wrong."""

    model = None

    def __init__(self, probs=None, seed=0):
        self._probs, self._seed = probs, seed

    def probs(self, obs):
        return np.full((len(obs), 2), 0.5) if self._probs is None else self._probs[obs]

    def sample(self, obs, k):
        return torch.randn(k, len(obs), 2).clamp(-2.0, 2.0).numpy()

    def value(self, obs):
        raise AssertionError("the extrinsic advantage needs no critic of shaped rewards")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def paid(steps, rng):
    """Return steps with rewards and some ends."""
    return [replace(s, r_ext=rng.normal(size=4), terminated=rng.random(4) < 0.1) for s in steps]


def moved(rng, n_steps=64):
    """Return paid steps with continuous actions."""
    return [replace(s, action=rng.uniform(-2, 2, (4, 2))) for s in paid(rollout(rng, n_steps), rng)]


def taught(shaper, steps, times=1, policy=None):
    for _ in range(times):
        for step in steps:
            shaper.observe(step)
        shaper.update(policy or Acting())
    return shaper


def test_the_tabular_gradient_is_that_of_autograd_and_sums_to_0_over_actions(rng):
    s, a = rng.integers(5, size=40), rng.integers(3, size=40)
    policy, advantage = rng.dirichlet(np.ones(3), size=40), rng.normal(size=40)
    phi = torch.zeros(5, 3, dtype=torch.float64, requires_grad=True)
    pi = torch.as_tensor(policy)
    t = torch.arange(40)
    centred = phi[s, a] - (pi * phi[s]).sum(dim=1)
    torch.autograd.backward((pi[t, a] * torch.as_tensor(advantage) * centred).sum())
    found = agreement(s, a, policy, advantage, n_states=5)
    np.testing.assert_allclose(found, phi.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 0.0, atol=1e-12)


def played(task, policy, n):
    """Return n episodes of a fixed policy, and their steps as an algorithm sees them."""
    world = World(task, n_runs=1, seed=3)
    episodes = [play(world, policy[None], Table(task.R, n_runs=1)) for _ in range(n)]
    steps = []
    for e in episodes:
        for t in range(int(e.valid.sum())):
            to = e.to[:, t]
            steps.append(transitions(e.s[:, t], e.a[:, t], to, e.r_ext[:, t], to == task.terminal))
    return episodes, steps


def learned(task, steps, policy, cut):
    """Return ExploRS's table after updates at given steps."""
    shaper = ExploRS(clip=np.inf)
    states, actions = gym.spaces.Discrete(task.n_states), gym.spaces.Discrete(task.n_actions)
    shaper.bind(states, actions, gamma=task.gamma, n_envs=1, seed=0)
    for t, step in enumerate(steps):
        shaper.observe(step)
        if t % cut == cut - 1:
            shaper.update(Acting(policy))
    shaper.update(Acting(policy))
    return shaper._phi


@pytest.fixture(scope="module")
def room():
    """Rooms whose episodes all end in a terminal state."""
    return replace(mdp("room-2021"), horizon=5_000)


@pytest.mark.parametrize("cut", [10_000_000, 37])
def test_phi_and_values_are_those_of_the_tabular_reference(room, rng, cut):
    """However the steps fall into rollouts."""
    policy = rng.dirichlet(np.ones(room.n_actions), size=room.n_states)
    policy = 0.5 * policy + 0.5 * greedy(value_iteration(room).Q)
    episodes, steps = played(room, policy, 23)
    assert sum(s.terminated[0] for s in steps) == 23
    assert sum(s.r_ext[0] for s in steps) > 0.0
    reference = TabularExploRS(room, n_runs=1)
    for n in range(1, 24):
        reference.update(n, episodes[max(0, n - 10) : n], policy[None])
    found = learned(room, steps, policy, cut)
    assert np.abs(reference.phi).max() > 1e-6
    np.testing.assert_allclose(found.phi, reference.phi[0], atol=1e-13)
    np.testing.assert_allclose(found.value, reference.value[0], atol=1e-13)


def test_without_extrinsic_reward_nothing_is_learned_whatever_is_paid(rng):
    """Bonuses are paid, but the advantage is extrinsic: all of G = V = 0."""
    table = bound(ExploRS(), gym.spaces.Discrete(4))
    ends = np.arange(40) % 7 == 6
    steps = [
        transitions(*rng.integers([4, 2, 4], size=(4, 3)).T, terminated=np.full(4, e)) for e in ends
    ]
    assert not taught(table, steps)._phi.phi.any()
    net = bound(ExploRS())
    before = deepcopy(net._phi._net.state_dict())
    taught(net, rollout(rng), times=3)
    assert same(dict(net._phi._net.state_dict()), dict(before))
    assert (net.shape(rollout(rng, 1)[0]).reward > 0.0).any()


@pytest.mark.parametrize("space", [gym.spaces.Discrete(2), REACH])
def test_what_is_paid_does_not_change_what_is_learned(rng, space):
    """The guard against the algorithm's critic: bonuses move its values, and not φ."""
    steps = moved(rng) if space is REACH else paid(rollout(rng), rng)
    learners = [bound(ExploRS(bonus=b, b_max=5.0), action_space=space) for b in (True, False)]
    for shaper in learners:
        taught(shaper, steps, times=3)
    one, two = (s._phi.rewards(steps[0].obs, steps[0].action) for s in learners)
    assert one.tolist() == two.tolist()
    assert np.abs(one).max() > 0.0
    shaped = [replace(s, r_ext=learners[0].shape(s).reward) for s in steps]
    swapped = taught(bound(ExploRS(bonus=False), action_space=space), shaped, times=3)
    assert swapped._phi.rewards(steps[0].obs, steps[0].action).tolist() != one.tolist()


def advised(shaper, rng, actions, good, times=60):
    """Let a shaper see that some actions pay."""
    obs = rng.normal(size=(64, 4, 3))
    for _ in range(times):
        acted = actions()
        for o, a in zip(obs, acted, strict=True):
            ends = np.ones(4, bool)
            shaper.observe(transitions(o, a, o, good(a).astype(float), ends))
        shaper.update(Acting())
    return obs[0]


def test_networks_reward_the_discrete_action_that_earns_more(rng):
    shaper = bound(ExploRS(bonus=False))
    obs = advised(shaper, rng, lambda: rng.integers(2, size=(64, 4)), lambda a: a == 1)
    worse, better = (shaper._phi.rewards(obs, np.full(4, a)) for a in (0, 1))
    assert (better > worse + 0.05).all()
    assert np.abs(np.concatenate([worse, better])).max() <= 0.1


def test_networks_reward_the_continuous_action_that_earns_more(rng):
    shaper = bound(ExploRS(bonus=False, clip=0.5), action_space=REACH)
    obs = advised(
        shaper, rng, lambda: rng.uniform(-2, 2, (64, 4, 2)), lambda a: a[:, 0] > 0.0, times=30
    )
    worse, better = (shaper._phi.rewards(obs, np.full((4, 2), a)) for a in (-1.0, 1.0))
    assert (better > worse + 0.2).all()
    assert np.abs(np.concatenate([worse, better])).max() <= 0.5


def test_asking_the_policy_for_actions_leaves_the_algorithm_its_random_numbers(rng):
    shaper = bound(ExploRS(), action_space=REACH)
    state = torch.get_rng_state()
    taught(shaper, moved(rng))
    assert torch.equal(torch.get_rng_state(), state)


def test_r_phi_waits_for_the_warm_up_and_learns_in_it(rng):
    steps = paid(rollout(rng), rng)
    shaper = taught(bound(ExploRS(bonus=False, warmup=257)), steps)
    assert shaper.shape(steps[0]).reward.tolist() == steps[0].r_ext.tolist()
    shaper.observe(steps[0])
    assert shaper.shape(steps[0]).reward.tolist() != steps[0].r_ext.tolist()


@pytest.mark.parametrize("learns_between", [False, True])
def test_an_episode_that_was_left_does_not_go_on_in_the_next(learns_between):
    """As when a run is stopped and goes on: rewards of the next one belong to it alone."""
    shaper = bound(ExploRS(), gym.spaces.Discrete(4), n_envs=1)
    left = transitions(np.array([1]), [0], np.array([1]))
    earns = transitions(np.array([2]), [1], np.array([3]), [1.0], np.array([True]))
    for _ in range(5):
        shaper.observe(left)
        if learns_between:
            shaper.update(Acting())
        shaper.begin(np.array([2]), np.arange(1))
        shaper.observe(earns)
        shaper.begin(np.array([1]), np.arange(1))
    shaper.update(Acting())
    assert shaper._phi.value[2] > 0.0
    assert shaper._phi.value[1] == 0.0


def test_off_policy_today_s_guidance_is_paid_with_the_bonus_of_then(rng):
    steps = paid(rollout(rng), rng)
    shaper = bound(ExploRS())
    kept = replace(steps[0], extras=shaper.shape(steps[0]).extras)
    before = shaper.shape(kept)
    taught(shaper, [replace(s, obs=steps[0].next_obs) for s in steps])
    after = shaper.shape(kept)
    assert after.terms["bonus"].tolist() == before.terms["bonus"].tolist() == [1.0] * 4
    assert (shaper.shape(steps[0]).terms["bonus"] < 0.5).all()
    assert (after.terms["phi"] != before.terms["phi"]).all()


CASES = {
    "table": (gym.spaces.Discrete(5), gym.spaces.Discrete(2)),
    "discrete": (BOX, gym.spaces.Discrete(2)),
    "continuous": (BOX, REACH),
}


def drawn(case, rng, n_steps):
    if case == "continuous":
        return moved(rng, n_steps)
    steps = paid(rollout(rng, n_steps), rng)
    if case == "discrete":
        return steps
    cells = {"obs": 0, "next_obs": 0}
    return [replace(s, **{k: rng.integers(5, size=4) for k in cells}) for s in steps]


@pytest.mark.parametrize("case", CASES)
def test_shaping_changes_nothing_and_knows_no_batches(case, rng):
    shaper = taught(bound(ExploRS(), *CASES[case]), drawn(case, rng, 64), times=2)
    state = deepcopy(shaper.state_dict())
    steps = drawn(case, rng, 10)
    columns = ("obs", "action", "next_obs", "r_ext", "terminated")
    whole = transitions(*(np.concatenate([getattr(s, c) for s in steps]) for c in columns))
    alone = np.concatenate([shaper.shape(s).reward for s in steps])
    np.testing.assert_allclose(shaper.shape(whole).reward, alone, rtol=1e-5, atol=1e-6)
    assert same(shaper.state_dict(), state)


@pytest.mark.parametrize("case", CASES)
def test_a_restored_shaper_goes_on_bit_for_bit(case, rng, tmp_path):
    shaper = taught(bound(ExploRS(), *CASES[case]), drawn(case, rng, 40), times=2)
    for step in drawn(case, rng, 9):
        shaper.observe(step)
    tensors.save(tmp_path / "state.npz", shaper.state_dict())
    other = bound(ExploRS(), *CASES[case], seed=5)
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    assert same(other.state_dict(), shaper.state_dict())
    late = drawn(case, rng, 40)
    for one in (shaper, other):
        torch.manual_seed(0)
        taught(one, late, times=2)
    assert same(other.state_dict(), shaper.state_dict())
    assert other.shape(late[0]).reward.tolist() == shaper.shape(late[0]).reward.tolist()


@pytest.mark.parametrize(
    ("algorithm", "env", "options"),
    [
        (PPO, "FrozenLake-v1", {"n_steps": 128}),
        (DQN, "CartPole-v1", {"learning_starts": 50}),
        (SAC, "Pendulum-v1", {"learning_starts": 50, "train_freq": 16}),
    ],
)
def test_it_learns_beside_any_algorithm(algorithm, env, options):
    model = algorithm("MlpPolicy", env, seed=0, **options)
    shaper = ExploRS()
    shaper.update_every = 64
    model.learn(256, callback=attach(model, shaper))
    assert shaper.state_dict()["n_steps"] == 256
    assert len(shaper._phi._steps) == 0


def test_tables_are_bounded():
    ends = [True] * 4
    steps = [
        transitions(np.zeros(4, int), np.ones(4, int), np.ones(4, int), [9.0] * 4, ends)
        for _ in range(20)
    ]
    for clip, bound_ in ((None, 0.1), (0.03, 0.03)):
        shaper = taught(bound(ExploRS(clip=clip), gym.spaces.Discrete(2)), steps)
        assert np.abs(shaper._phi.phi).max() == bound_


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match="clip is -1"):
        ExploRS(clip=-1.0)
    with pytest.raises(UsageError, match="Discrete or Box"):
        bound(ExploRS(), action_space=gym.spaces.MultiBinary(3))
