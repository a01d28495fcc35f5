"""Potentials that change: what an episode pays for that, and what must not be done."""

import numpy as np
import pytest
from stable_baselines3 import SAC

from rewardlab.shapers.base import Shaped
from rewardlab.shapers.dynamic import DynamicPotential
from rewardlab.training import tensors
from rewardlab.training.attach import attach
from tests.shapers.batches import bound, transitions
from tests.shapers.walks import venv, walk


class Drifting:
    """Another random potential whenever `change` is called."""

    def __init__(self):
        self.rng, self.learned = np.random.default_rng(3), 0
        self.change()

    def change(self):
        self.weights = self.rng.normal(size=2)

    def __call__(self, obs):
        return obs @ self.weights + self.weights[0]

    def update(self, policy):
        self.change()
        self.learned += 1
        return {"learned": float(self.learned)}

    def state_dict(self):
        return {"weights": self.weights.copy()}

    def load_state_dict(self, state):
        self.weights = np.array(state["weights"])


class Recomputed(DynamicPotential):
    """What must not be done: Φ(s) of now instead of when s was entered."""

    def shape(self, batch):
        newer = self.phi(batch.obs)
        f = self.gamma * np.where(batch.terminated, 0.0, self.phi(batch.next_obs)) - newer
        return Shaped(batch.r_ext + f, {"potential": f})


def errors(kind):
    """Walk while Φ changes at each step; return by how much episodes miss what is promised."""
    phi = Drifting()
    entered = {}  # Φ_t of each observation when it was entered

    def seen(obs):
        values = Drifting.__call__(phi, obs)
        for row, value in zip(obs, values, strict=True):
            entered.setdefault(row.tobytes(), value)
        return values

    found = []
    for e in walk(kind(seen), gamma=0.9, between=phi.change):
        n = len(e.f)
        last = 0.0 if e.terminated else 0.9**n * entered[e.last.tobytes()]
        total = (0.9 ** np.arange(n) * e.f).sum()
        found.append(abs(total - (last - entered[e.first.tobytes()])))
    assert len(found) > 5
    return np.array(found)


def test_an_episode_pays_for_the_potential_of_its_beginning_alone():
    assert errors(DynamicPotential).max() < 1e-12


def test_computing_the_newer_potential_again_breaks_that():
    assert np.median(errors(Recomputed)) > 1e-2


def test_replay_buffers_keep_what_was_paid():
    phi = Drifting()
    model = SAC("MlpPolicy", venv(), buffer_size=100, learning_starts=100, seed=0, device="cpu")
    shaper = DynamicPotential(phi)
    model.learn(40, callback=attach(model, shaper))
    rows, envs = np.arange(20), np.zeros(20, int)
    buffer = model.replay_buffer
    before = buffer.rewards[rows, envs]
    phi.change()
    assert buffer.rewards[rows, envs].tolist() == before.tolist()
    f = before - buffer.rewards.stored[rows, envs]
    assert np.abs(f).min() > 0
    np.testing.assert_allclose(f, buffer.extras["potential"][rows, envs], atol=1e-6)


def test_a_potential_learns_when_the_shaper_does():
    model = SAC("MlpPolicy", venv(), buffer_size=100, learning_starts=100, seed=0, device="cpu")
    shaper = DynamicPotential(Drifting())
    shaper.update_every = 10
    model.learn(40, callback=attach(model, shaper))
    assert shaper.phi.learned == 4


def test_a_restored_one_goes_on_in_the_middle_of_episodes(tmp_path):
    rng = np.random.default_rng(0)
    one = bound(DynamicPotential(Drifting()), n_envs=3)
    one.begin(rng.normal(size=(3, 2)), np.arange(3))
    one.observe(transitions(rng.normal(size=(3, 2)), np.zeros(3), rng.normal(size=(3, 2))))
    one.update(None)
    tensors.save(tmp_path / "state.npz", one.state_dict())
    other = bound(DynamicPotential(Drifting()), n_envs=3)
    other.load_state_dict(tensors.load(tmp_path / "state.npz"))
    step = transitions(rng.normal(size=(3, 2)), np.zeros(3), rng.normal(size=(3, 2)))
    assert other.shape(step).reward.tolist() == one.shape(step).reward.tolist()
    fresh = bound(DynamicPotential(Drifting()), n_envs=3)
    assert fresh.shape(step).reward.tolist() != one.shape(step).reward.tolist()


def test_a_plain_function_needs_nothing_more():
    shaper = bound(DynamicPotential(lambda obs: obs[:, 0]), n_envs=1)
    shaper.begin(np.array([[2.0, 0.0]]), np.array([0]))
    assert shaper.update(None) == {}
    shaper.load_state_dict(shaper.state_dict())
    shaped = shaper.shape(transitions(np.array([[2.0, 0.0]]), [0], np.array([[4.0, 0.0]])))
    assert shaped.reward.tolist() == pytest.approx([0.99 * 4 - 2])
