"""What all shapers with networks promise."""

from copy import deepcopy

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import DQN

from rewardlab.shapers.icm import ICM
from rewardlab.shapers.rnd import RND
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from tests.shapers.batches import bound, learn, rollout, same, transitions

CURIOUS = [RND, ICM]


@pytest.fixture(params=CURIOUS)
def kind(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_shaping_changes_nothing(kind, rng):
    shaper = learn(bound(kind()), rollout(rng))
    batch = rollout(rng, n_steps=1)[0]
    before = torch.get_rng_state()
    first = shaper.shape(batch).reward
    state = deepcopy(shaper.state_dict())
    for other in rollout(rng, n_steps=5):
        shaper.shape(other)
    assert shaper.shape(batch).reward.tolist() == first.tolist()
    assert same(shaper.state_dict(), state)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_transition_is_worth_the_same_in_any_batch(kind, rng):
    shaper = learn(bound(kind()), rollout(rng))
    steps = rollout(rng, n_steps=30, n_envs=4)
    together = transitions(
        *(
            np.concatenate([getattr(s, name) for s in steps])
            for name in ("obs", "action", "next_obs")
        )
    )
    alone = np.concatenate([shaper.shape(step).reward for step in steps])
    np.testing.assert_allclose(shaper.shape(together).reward, alone, rtol=1e-4, atol=1e-7)


def test_a_restored_shaper_goes_on_bit_for_bit(kind, rng, tmp_path):
    """Also in the middle, with steps that are not learned from yet, through a file."""
    shaper = learn(bound(kind()), rollout(rng), times=2)
    early, late = rollout(rng, n_steps=10), rollout(rng, n_steps=10)
    for batch in early:
        shaper.observe(batch)
    tensors.save(tmp_path / "state.npz", shaper.state_dict())
    other = bound(kind(), seed=7)
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    assert same(other.state_dict(), shaper.state_dict())
    for one in (shaper, other):
        learn(one, late, times=2)
    assert same(other.state_dict(), shaper.state_dict())
    assert other.shape(late[0]).reward.tolist() == shaper.shape(late[0]).reward.tolist()


def test_dict_observations_in_the_store_survive_a_checkpoint(kind, rng):
    space = gym.spaces.Dict({"a": gym.spaces.Discrete(3), "b": gym.spaces.Box(-1, 1, (2,))})

    def step():
        obs = {"a": rng.integers(3, size=4), "b": rng.normal(size=(4, 2))}
        return transitions(obs, rng.integers(2, size=4), obs)

    shaper, other = bound(kind(), space), bound(kind(), space)
    for _ in range(3):
        shaper.observe(step())
    other.load_state_dict(shaper.state_dict())
    assert same(other.state_dict(), shaper.state_dict())
    assert shaper.update(None) == other.update(None)


def test_many_updates_keep_no_graph_and_no_steps(kind, rng):
    shaper, sizes = bound(kind()), set()
    for _ in range(20):
        learn(shaper, rollout(rng, n_steps=4))
        leaves = list(_tensors(shaper.state_dict()))
        assert all(t.grad_fn is None for t in leaves)
        sizes.add(sum(t.numel() for t in leaves))
    assert len(sizes) == 1


def test_replayed_steps_are_paid_by_what_is_known_now(kind):
    model = DQN("MlpPolicy", "CartPole-v1", seed=0, learning_starts=50)
    shaper = kind()
    shaper.update_every = 40
    callback = attach(model, shaper)
    model.learn(100, callback=callback)
    rows, env = np.arange(90), np.zeros(90, np.int64)
    early, stored = (
        model.replay_buffer.rewards[rows, env],
        model.replay_buffer.rewards.stored.copy(),
    )
    for _ in range(30):
        shaper.observe(model.replay_buffer.transitions(rows[-1:], env[-1:]))
        shaper.update(None)
    late = model.replay_buffer.rewards[rows, env]
    assert (early >= 1.0).all()
    assert (early != late).mean() > 0.5
    assert (model.replay_buffer.rewards.stored == stored).all()


def _tensors(state):
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, np.ndarray):
        yield torch.as_tensor(state)
    elif isinstance(state, dict):
        for part in state.values():
            yield from _tensors(part)
