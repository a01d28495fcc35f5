"""Shapers of shapers: sums, weights, schedules, bounds and sizes."""

import itertools

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO, SAC

from rewardlab.errors import UsageError
from rewardlab.shapers.base import Shaped, Shaper
from rewardlab.shapers.clip import Clip
from rewardlab.shapers.dynamic import DynamicPotential
from rewardlab.shapers.normalize import Normalize
from rewardlab.shapers.plain import SparseShaper
from rewardlab.shapers.potential import Potential
from rewardlab.shapers.scale import Scale
from rewardlab.shapers.schedule import Schedule
from rewardlab.shapers.sum import Sum
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from tests.shapers.batches import bound, rollout, transitions
from tests.shapers.walks import venv, walk


def one(obs):
    return np.sin(obs[:, 0])


def two(obs):
    return obs[:, 1] ** 2


class Bonus(Shaper):
    """Pays how many steps it has seen, as it was then; learns and logs a number."""

    def __init__(self, *, every=1_000, needs=()):
        self.seen, self.updates, self.closed, self.starts = 0, 0, False, 0
        self.update_every, self.needs = every, frozenset(needs)

    def begin(self, obs, env_id):
        self.starts += len(env_id)

    def shape(self, batch):
        if batch.extras is None:
            bonus = np.full(len(batch.r_ext), float(self.seen))
        else:
            bonus = batch.extras["bonus"]
        return Shaped(batch.r_ext + bonus, {"bonus": bonus}, {"bonus": bonus})

    def observe(self, batch):
        self.seen += len(batch.r_ext)

    def update(self, policy):
        self.updates += 1
        return {"updates": float(self.updates)}

    def metrics(self):
        return {"seen": float(self.seen)}

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        self.seen = state["seen"]

    def close(self):
        self.closed = True


class Whole(Shaper):
    """Replaces the reward by the first number of what is reached."""

    mode = "replace"
    invariance = "exact"

    def shape(self, batch):
        return Shaped(batch.next_obs[:, 0] * 1.0, {"first": batch.next_obs[:, 0]})


class Near(Potential):
    invariance = "approx"


def random_batch(seed=0, n=4):
    rng = np.random.default_rng(seed)
    obs, next_obs = rng.normal(size=(2, n, 3))
    ended = rng.random(n) < 0.4
    return transitions(obs, rng.integers(2, size=n), next_obs, rng.normal(size=n), ended)


def pays(shaper, batch=None):
    return bound(shaper).shape(batch or random_batch()).reward


@pytest.mark.parametrize("seed", range(3))
def test_potentials_add_and_scale_as_their_functions_do(seed):
    batch, w = random_batch(seed), 1.7
    both = pays(Potential(lambda obs: one(obs) + two(obs)), batch)
    np.testing.assert_allclose(pays(Sum(Potential(one), Potential(two)), batch), both, atol=1e-12)
    scaled = pays(Potential(lambda obs: w * one(obs)), batch)
    np.testing.assert_allclose(pays(Scale(Potential(one), w), batch), scaled, atol=1e-12)
    together = pays(Scale(Sum(Potential(one), Potential(two)), w), batch)
    apart = pays(Sum(Scale(Potential(one), w), Scale(Potential(two), w)), batch)
    np.testing.assert_allclose(together, apart, atol=1e-12)


def test_a_sum_of_one_is_that_one():
    np.testing.assert_allclose(pays(Sum(Potential(one))), pays(Potential(one)), atol=1e-12)
    np.testing.assert_array_equal(pays(Sum(Whole())), pays(Whole()))


def test_what_is_added_is_added_to_the_reward_that_replaces_the_extrinsic_one():
    batch = random_batch()
    f = pays(Potential(one), batch) - batch.r_ext
    both = Sum(Potential(one), Whole())
    assert both.mode == "replace"
    np.testing.assert_allclose(pays(both, batch), batch.next_obs[:, 0] + f, atol=1e-12)


def members():
    return {"exact": Potential(one), "approx": Near(one), "none": Bonus()}


@pytest.mark.parametrize(("a", "b"), list(itertools.product(members(), repeat=2)))
def test_a_sum_is_as_invariant_as_its_weakest_member(a, b):
    weakest = max(a, b, key=("exact", "approx", "none").index)
    assert Sum(members()[a], members()[b]).invariance == weakest


@pytest.mark.parametrize(
    ("inner", "scale", "schedule", "normalize"),
    [
        (Potential(one), "exact", "approx", "approx"),
        (Near(one), "approx", "approx", "approx"),
        (Bonus(), "none", "none", "none"),
        (Whole(), "exact", "approx", "approx"),
    ],
)
def test_wrappers_promise_no_more_than_they_keep(inner, scale, schedule, normalize):
    assert Scale(inner, 0.5).invariance == scale
    assert Schedule(inner, (1.0, 0.0, 10)).invariance == schedule
    assert Normalize(inner).invariance == normalize
    assert Clip(inner, 1.0).invariance == "none"
    for wrapped in (
        Scale(inner, 2.0),
        Schedule(inner, (1, 0, 9)),
        Normalize(inner),
        Clip(inner, 1),
    ):
        assert wrapped.mode == inner.mode


def test_a_whole_reward_that_is_turned_around_is_not_invariant():
    assert Scale(Whole(), -1.0).invariance == "none"
    assert Scale(Potential(one), -1.0).invariance == "exact"


def test_terms_and_numbers_of_members_do_not_collide():
    both = bound(Sum(Potential(one), Potential(two), Bonus()))
    batch = random_batch()
    shaped = both.shape(batch)
    assert list(shaped.terms) == ["potential.potential", "potential2.potential", "bonus.bonus"]
    np.testing.assert_allclose(batch.r_ext + sum(shaped.terms.values()), shaped.reward)
    assert both.metrics() == {"bonus.seen": 0.0}


def test_each_member_gets_its_own_frozen_values_back():
    """Also of members of one class, and in a sum within a sum."""
    both = Sum(DynamicPotential(one), Sum(Bonus(), DynamicPotential(two)), Bonus())
    bound(both)
    batch = random_batch()
    both.begin(batch.obs, batch.env_id)
    shaped = both.shape(batch)
    both.observe(batch)
    both.observe(batch)
    again = both.shape(transitions_with(batch, shaped.extras))
    np.testing.assert_allclose(again.reward, shaped.reward, atol=1e-12)
    assert not np.allclose(both.shape(batch).reward, shaped.reward)
    for name, values in shaped.terms.items():
        np.testing.assert_array_equal(again.terms[name], values)


def transitions_with(batch, extras):
    found = transitions(batch.obs, batch.action, batch.next_obs, batch.r_ext, batch.terminated)
    return type(batch)(**{**vars(found), "extras": extras})


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Sum(), "needs one or more"),
        (lambda: Sum(Whole(), Scale(SparseShaper(), 2.0)), "may replace the reward, got Whole, Sc"),
        (lambda: Sum(*[Potential(one)] * 2), "in the sum twice"),
        (lambda: Sum(assuming(0.9), assuming(0.99)), r"different discounts: \[0.9, 0.99\]"),
        (lambda: Scale(Potential(one), np.nan), "finite number, got nan"),
        (lambda: Clip(Potential(one), 0.0), "positive limit, got 0"),
        (lambda: Schedule(Potential(one), (1.0, 0.0, 0)), "n_steps is 0"),
    ],
)
def test_what_cannot_be_is_refused(build, said):
    with pytest.raises(UsageError, match=said):
        build()


def assuming(gamma):
    shaper = Potential(one)
    shaper.gamma = gamma
    return shaper


def test_a_members_discount_is_the_sums_and_reaches_the_check():
    made = Sum(Bonus(), Scale(assuming(0.9), 2.0))
    assert made.gamma == 0.9
    model = PPO("MlpPolicy", venv(), gamma=0.99, device="cpu")
    with pytest.raises(UsageError, match=r"Sum assumes gamma 0.9, the algorithm uses 0.99"):
        attach(model, made)


def test_needs_are_those_of_all():
    made = Sum(Bonus(needs=["scene"]), Clip(Potential(np.zeros(3)), 1.0))
    assert made.needs == {"scene", "discrete_obs"}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: Sum(s),
        lambda s: Scale(s, 2.0),
        lambda s: Schedule(s, (1.0, 0.5, 100)),
        lambda s: Clip(s, 3.0),
        Normalize,
    ],
)
def test_all_calls_reach_the_shaper_inside(wrap):
    inner = Bonus(every=8)
    made = wrap(inner)
    model = SAC("MlpPolicy", venv(), buffer_size=64, learning_starts=64, seed=0, device="cpu")
    model.learn(40, callback=attach(model, made))
    assert (inner.seen, inner.updates) == (40, 5)
    assert inner.starts == 2 + model._episode_num
    made.close()
    assert inner.closed
    assert 40.0 in made.metrics().values()


@pytest.mark.parametrize(("algo", "times"), [("off", (5, 3, 0)), ("on", (2, 2, 2))])
def test_members_learn_at_their_own_pace_off_policy_and_after_each_rollout_on_policy(algo, times):
    parts = [Bonus(every=every) for every in (8, 12, 1_000)]
    if algo == "off":
        model = SAC("MlpPolicy", venv(), buffer_size=64, learning_starts=64, device="cpu")
    else:
        model = PPO("MlpPolicy", venv(), n_steps=10, batch_size=10, n_epochs=1, device="cpu")
    model.learn(40, callback=attach(model, Sum(*parts)))
    assert tuple(part.updates for part in parts) == times


def test_a_line_of_weights_ends_and_stays():
    shaper = bound(Schedule(Potential(one), (2.0, 0.0, 8)))
    batch = random_batch()
    f = pays(Potential(one), batch) - batch.r_ext
    for weight in (2.0, 1.0, 0.0, 0.0):
        assert shaper.metrics()["weight"] == weight
        np.testing.assert_allclose(shaper.shape(batch).reward, batch.r_ext + weight * f)
        np.testing.assert_allclose(shaper.shape(batch).terms["potential"], weight * f)
        shaper.observe(batch)


def test_a_reward_that_gives_way_leaves_the_extrinsic_one():
    batch, made = random_batch(), bound(Schedule(Whole(), lambda t: 0.25 if t else 1.0))
    np.testing.assert_array_equal(made.shape(batch).reward, batch.next_obs[:, 0])
    made.observe(batch)
    blend = 0.75 * batch.r_ext + 0.25 * batch.next_obs[:, 0]
    np.testing.assert_allclose(made.shape(batch).reward, blend)


def test_a_weight_that_changes_leaves_the_sum_that_the_docstring_says():
    def w(t):
        return 1.0 / (1.0 + t)

    def phi(obs):
        return 3.0 + np.sin(5.0 * obs[:, 0])

    made = bound(Schedule(Potential(phi), w), n_envs=1)
    states = np.random.default_rng(0).normal(size=(10, 1, 3))
    total, expected = 0.0, -w(0) * phi(states[0])[0] + 0.99**9 * w(8) * phi(states[9])[0]
    for t in range(9):
        batch = transitions(states[t], [0], states[t + 1])
        total += 0.99**t * made.shape(batch).reward[0]
        made.observe(batch)
        if t:
            expected += 0.99**t * (w(t - 1) - w(t)) * phi(states[t])[0]
    assert total == pytest.approx(expected, abs=1e-12)


def test_clipping_bounds_each_step_and_counts():
    batch = random_batch(n=50)
    f = pays(Potential(one), batch) - batch.r_ext
    limit = float(np.median(np.abs(f)))
    made = bound(Clip(Potential(one), limit))
    shaped = made.shape(batch)
    np.testing.assert_allclose(shaped.reward, batch.r_ext + f.clip(-limit, limit), atol=1e-12)
    np.testing.assert_allclose(shaped.terms["potential"], f.clip(-limit, limit), atol=1e-12)
    made.observe(batch)
    assert made.metrics()["clip_rate"] == 0.5


def test_a_clipped_potential_no_longer_telescopes():
    def phi(obs):
        return 5.0 * obs[:, 0]

    missed = []
    for e in walk(Clip(Potential(phi), 0.5), gamma=1.0):
        last = 0.0 if e.terminated else phi(e.last[None])[0]
        missed.append(abs(e.f.sum() - (last - phi(e.first[None])[0])))
    assert np.median(missed) > 0.1


def test_pay_is_divided_by_the_std_of_its_discounted_sums():
    made = bound(Normalize(Whole()), n_envs=2)
    rng, sums, all_sums = np.random.default_rng(0), np.zeros(2), []
    made.begin(None, np.arange(2))
    for t in range(200):
        if t % 7 == 0:
            made.begin(None, np.array([1]))
            sums[1] = 0.0
        reached = 3.0 + 5.0 * rng.normal(size=(2, 3))
        made.observe(transitions(reached, np.zeros(2), reached))
        sums = 0.99 * sums + reached[:, 0]
        all_sums += sums.tolist()
    std = np.std(all_sums)
    assert made.metrics()["std"] == pytest.approx(std, rel=1e-3)
    batch = transitions(reached, np.zeros(2), reached)
    np.testing.assert_allclose(made.shape(batch).reward, reached[:, 0] / std, rtol=1e-3)


def everything():
    return Sum(
        Scale(Clip(DynamicPotential(one), 0.3), 2.0),
        Normalize(Schedule(Bonus(), (1.0, 0.0, 1_000))),
        Clip(Normalize(Potential(two)), 1.0),
        Schedule(Whole(), lambda t: 1.0 / (1.0 + t)),
    )


def test_shaping_is_pure_in_all_of_them():
    made = bound(everything())
    for batch in rollout(np.random.default_rng(0), n_steps=5):
        made.observe(batch)
    batch, state = random_batch(), made.state_dict()
    first = made.shape(batch).reward
    for seed in range(5):
        made.shape(random_batch(seed))
    np.testing.assert_array_equal(made.shape(batch).reward, first)
    assert str(made.state_dict()) == str(state)
    assert np.isfinite(first).all()


def test_a_restored_composition_goes_on_bit_for_bit(tmp_path):
    made, steps = bound(everything()), rollout(np.random.default_rng(0), n_steps=10)
    for batch in steps[:5]:
        made.observe(batch)
    tensors.save(tmp_path / "state.npz", made.state_dict())
    other = bound(everything(), seed=1)
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    fresh = bound(everything())
    for batch in steps[5:]:
        for shaper in (made, other, fresh):
            shaper.observe(batch)
    batch = random_batch()
    np.testing.assert_array_equal(other.shape(batch).reward, made.shape(batch).reward)
    assert not np.allclose(fresh.shape(batch).reward, made.shape(batch).reward)
    assert other.metrics() == made.metrics()


def test_members_are_seeded_apart():
    class Seeded(Bonus):
        def bind(self, observation_space, action_space, *, gamma, n_envs, seed):
            self.seed = seed

    parts = [Seeded(), Seeded()]
    bound(Sum(*parts), observation_space=gym.spaces.Discrete(2))
    assert parts[0].seed != parts[1].seed
