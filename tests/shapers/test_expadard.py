"""ExpAdaRD against its definition: an independent sum, finite differences, a cold solver."""

import numpy as np
import pytest
from scipy.optimize import linprog

from rewardlab.envs.tabular import evaluate, mdp, transitions
from rewardlab.errors import InfeasibleDesign, UsageError
from rewardlab.shapers import expadard
from rewardlab.shapers.tables.features import linek_tree, published, room_squares
from rewardlab.shapers.tables.optimum import gap_rows, optimum

NAMES = ["room-2024", "linek-2024"]
EPSILON = {"room-2024": 0.4, "linek-2024": 0.3}


def softmax(theta):
    p = np.exp(theta - theta.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def random_policy(m, seed=0, *, size=1.0):
    return softmax(size * np.random.default_rng(seed).normal(size=m.R.shape))


def mu(m, policy):
    """Discounted visits by their definition: a long sum over steps."""
    seen, now, onward = np.zeros(m.n_states), m.initial, transitions(m, policy)
    for k in range(1500):
        seen, now = seen + (1 - m.gamma) * m.gamma**k * now, now @ onward
    seen[-1] = 0
    return seen / seen.sum()


def teacher(m, epsilon):
    best = optimum(m)
    policy = best.optimal / best.optimal.sum(axis=1, keepdims=True)
    return best.q - best.v[:, None], mu(m, (1 - epsilon) * policy + epsilon / m.n_actions)


def learner_advantage(m, policy, reward, depth):
    q = np.zeros_like(reward)
    for _ in range(depth):
        q = reward + m.gamma * np.einsum("sta,t->sa", m.T, (policy * q).sum(axis=1))
    return q - (policy * q).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_criterion_is_the_gain_of_the_teachers_score_along_the_learners_step(name, depth):
    m, rng = mdp(name), np.random.default_rng(1)
    theta, reward = 0.5 * rng.normal(size=m.R.shape), rng.normal(size=m.R.shape)
    policy = softmax(theta)
    better, seen = teacher(m, EPSILON[name])
    step = mu(m, policy)[:, None] * policy * learner_advantage(m, policy, reward, depth)

    def score(alpha):
        return (seen[:, None] * softmax(theta + alpha * step) * better).sum()

    slope = (score(1e-4) - score(-1e-4)) / 2e-4
    found = expadard.informativeness(m, reward, policy, depth=depth)
    assert found == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_state_pays_for_every_action_teaches_nothing(name):
    m, policy = mdp(name), random_policy(mdp(name))
    reward = np.random.default_rng(2).normal(size=m.R.shape)
    shifted = reward + np.random.default_rng(3).normal(size=(m.n_states, 1))
    plain = expadard.informativeness(m, reward, policy)
    assert expadard.informativeness(m, shifted, policy) == pytest.approx(plain, abs=1e-15)
    assert abs(plain) > 1e-6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", [1, 3])
def test_a_deterministic_learner_learns_from_no_reward(name, depth):
    m, rng = mdp(name), np.random.default_rng(4)
    for _ in range(5):
        policy = np.eye(m.n_actions)[rng.integers(m.n_actions, size=m.n_states)]
        reward = rng.normal(size=m.R.shape)
        found = expadard.informativeness(m, reward, policy, depth=depth)
        assert found == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_a_designer_that_hears_nothing_repeats_itself(name):
    m = mdp(name)
    designer = expadard.Designer(m)
    first = designer.design(random_policy(m))
    silent = np.eye(m.n_actions)[np.zeros(m.n_states, dtype=int)]
    repeated = designer.design(silent)
    np.testing.assert_array_equal(repeated.reward, first.reward)
    assert repeated.objective == pytest.approx(0.0, abs=1e-15)
    assert expadard.design(m, policy=silent).certificate.holds


def test_a_baseline_over_wrong_entries_is_another_criterion():
    """The authors' reshape in Fortran order pairs pi of one state with R of another."""
    m = mdp("linek-2024")
    better, seen = teacher(m, 0.3)
    reward = np.random.default_rng(5).normal(size=m.R.shape)

    def slip(policy):
        wrong = (policy.ravel() * reward.ravel()).reshape(m.R.shape, order="F").sum(axis=1)
        weight = (seen * mu(m, policy))[:, None] * policy**2
        gain = better - (policy * better).sum(axis=1, keepdims=True)
        return (weight * gain * (reward - wrong[:, None])).sum()

    uniform = np.full(m.R.shape, 1 / 3)
    skewed = random_policy(m)
    assert slip(uniform) == pytest.approx(expadard.informativeness(m, reward, uniform))
    assert slip(skewed) != pytest.approx(expadard.informativeness(m, reward, skewed), rel=1e-3)


@pytest.mark.parametrize("name", ["room-2024", "linek-2024", "room-2021", "linek-2021"])
def test_warm_designs_are_as_good_as_cold_ones_and_keep_the_optimum(name):
    m = mdp(name)
    best, designer = optimum(m), expadard.Designer(m)
    wanted = np.where(best.optimal, 0.0, best.gap[:, None]).ravel()
    rows = gap_rows(m, best.policy)
    for seed in range(8):
        policy = random_policy(m, seed, size=0.3 * seed)
        warm, cold = designer.design(policy), expadard.design(m, policy=policy)
        assert warm.objective == pytest.approx(cold.objective, abs=1e-9)
        assert warm.objective == pytest.approx(
            expadard.informativeness(m, warm.reward, policy), abs=1e-12
        )
        assert (rows @ warm.reward.ravel() - wanted).min() >= -1e-8
        assert np.abs(warm.reward).max() <= m.r_max
        assert warm.certificate.holds
        assert warm.certificate.optimum_return == pytest.approx(m.initial @ best.v)


@pytest.mark.parametrize("name", NAMES)
def test_no_feasible_reward_informs_more(name):
    """Another solver on constraints written out here, and the extrinsic reward."""
    m, policy = mdp(name), random_policy(mdp(name))
    best, features = optimum(m), published(m)
    c = [
        expadard.informativeness(m, column.reshape(m.R.shape), policy) for column in features.T
    ]  # linear in R
    limits = np.full(len(features), m.r_max)
    required = np.where(best.optimal, 0.0, best.gap[:, None]).ravel()
    found = linprog(
        -np.array(c),
        A_ub=np.vstack([-gap_rows(m, best.policy) @ features, features, -features]),
        b_ub=np.concatenate([1e-9 - required, limits, limits]),
        bounds=(None, None),
    )
    design = expadard.design(m, policy=policy)
    assert design.objective == pytest.approx(-found.fun, rel=1e-5)
    assert design.objective > expadard.informativeness(m, m.R, policy) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_resumed_designer_continues_bit_for_bit(name):
    m, rng = mdp(name), np.random.default_rng(6)
    theta, policies = np.zeros(m.R.shape), []
    for _ in range(12):
        theta = theta + 0.1 * rng.normal(size=m.R.shape)
        policies.append(softmax(theta))
    straight, states, rewards = expadard.Designer(m), [], []
    for policy in policies:
        states.append(straight.state_dict())
        rewards.append(straight.design(policy).reward)
    for stop in (0, 1, 7):
        resumed = expadard.Designer(m)
        resumed.load_state_dict(states[stop])
        for policy, reward in zip(policies[stop:], rewards[stop:], strict=True):
            assert resumed.design(policy).reward.tobytes() == reward.tobytes()


def test_the_published_features_are_squares_of_a_room_and_leaves_of_a_tree():
    room, line = mdp("room-2024"), mdp("linek-2024")
    squares = room_squares(room).reshape(50, 4, 40)
    assert squares.sum(axis=1)[0].tolist() == [1.0] * 4 + [0.0] * 36
    assert not squares[49].any()
    assert squares[48, 3].nonzero()[0].tolist() == [35, 39]
    cells = squares[:, 0, ::4].sum(axis=0)
    assert cells.tolist() == [9.0] * 9 + [1.0]
    leaves = linek_tree(line).reshape(21, 3, 15)
    assert leaves[:, 0, ::3].sum(axis=0).tolist() == [9.0, 0.0, 1.0, 9.0, 1.0]
    assert leaves[:20, 0].sum(axis=1).tolist() == [1.0] * 20
    assert published(mdp("chain-2022")).shape == (62 * 2, 62 * 2)


def test_rewards_are_what_the_features_can_say():
    m = mdp("linek-2024")
    reward = expadard.design(m, policy=random_policy(m)).reward
    assert np.ptp(reward[[0, 2, 3, 9]], axis=0) == pytest.approx(0.0, abs=1e-12)
    free = expadard.design(m, policy=random_policy(m), features=np.eye(63))
    assert free.objective > expadard.informativeness(m, reward, random_policy(m))


def test_learning_from_designs_beats_learning_from_the_extrinsic_reward():
    """A few exact policy-gradient steps, as in the derivation."""
    m = mdp("linek-2024")
    reached = {}
    for adaptive in (True, False):
        theta, designer = np.zeros(m.R.shape), expadard.Designer(m)
        for _ in range(40):
            policy = softmax(theta)
            reward = designer.design(policy).reward if adaptive else m.R
            advantage = learner_advantage(m, policy, reward, 30)
            theta = theta + 5.0 * mu(m, policy)[:, None] * policy * advantage
        reached[adaptive] = m.initial @ evaluate(m, softmax(theta)).V
    assert reached[True] > 2 * reached[False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"teacher_epsilon": 1.5}, "teacher_epsilon is 1.5"),
        ({"depth": 0}, "depth is 0"),
        ({"features": np.eye(7)}, r"\(63, d\)"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, message):
    m = mdp("linek-2024")
    with pytest.raises(UsageError, match=message):
        expadard.design(m, policy=random_policy(m), **options)


def test_a_policy_must_be_probabilities():
    m = mdp("linek-2024")
    with pytest.raises(UsageError, match=r"policy row 0 .* sum 3"):
        expadard.design(m, policy=np.ones(m.R.shape))
    with pytest.raises(UsageError, match="policy has shape"):
        expadard.design(m, policy=np.ones(3))


def test_an_infeasible_design_names_the_pairs_that_fall_short():
    m = mdp("linek-2024")
    with pytest.raises(InfeasibleDesign, match="short of their gap: state"):
        expadard.design(m, policy=random_policy(m), r_max=0.01)
    with pytest.raises(InfeasibleDesign, match="short of their gap: state"):
        expadard.design(m, policy=random_policy(m), features=np.zeros((63, 2)))
