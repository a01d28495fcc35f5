"""What replay buffers store is what was collected; what they pay is what the shaper says now."""

import numpy as np
import pytest
from stable_baselines3 import DQN, SAC, TD3
from stable_baselines3.common.buffers import NStepReplayBuffer
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.errors import ShaperFault, UsageError
from rewardlab.shapers import Potential, Shaped, Shaper
from rewardlab.training.attach import attach
from rewardlab.training.checked import Checked
from rewardlab.training.replay import ShapedReplayBuffer
from tests.training.slide import Remembers, build

N = 90
FIELDS = ("obs", "r_ext", "next_obs", "terminated", "truncated", "env_id", "t", "success")


def learned(model, shaper, n=N):
    model.learn(n, callback=attach(model, shaper))
    return model.replay_buffer


def places(buffer):
    """Return rows and environments of all that is stored, in the order of collection."""
    rows = np.arange(buffer.pos)
    return np.repeat(rows, buffer.n_envs), np.tile(np.arange(buffer.n_envs), len(rows))


def rewards(buffer):
    rows, envs = places(buffer)
    return buffer.rewards[rows, envs]


def joined(batches, name):
    return np.concatenate([getattr(batch, name) for batch in batches])


@pytest.mark.parametrize(
    ("algorithm", "given"),
    [
        (SAC, {}),
        (TD3, {"normalize": lambda venv: VecNormalize(venv, norm_reward=False)}),
        (DQN, {}),
        (DQN, {"numbered": True}),
    ],
)
def test_what_is_sampled_is_what_was_collected(algorithm, given):
    shaper = Remembers()
    buffer = learned(build(algorithm, **given), shaper)
    found = buffer.transitions(*places(buffer))
    for name in FIELDS:
        was = joined(shaper.collected, name)
        # SB3 normalises terminal observations and back, which costs their last digit
        np.testing.assert_allclose(getattr(found, name), was, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(found.action, joined(shaper.collected, "action"), atol=1e-5)
    assert found.terminated.any()
    assert found.truncated.any()
    assert not (found.terminated & found.truncated).any()


def test_rewards_of_old_transitions_are_what_the_shaper_says_now():
    shaper = Remembers(paid=1.0)
    buffer = learned(build(SAC), shaper)
    stored = buffer.rewards.stored.copy()
    before = rewards(buffer)
    np.testing.assert_allclose(before, joined(shaper.collected, "r_ext") + 1.0, rtol=1e-5)
    shaper.update(None)
    np.testing.assert_allclose(rewards(buffer), before + 1.0, rtol=1e-5)
    np.testing.assert_array_equal(buffer.rewards.stored, stored)


def test_what_is_sampled_may_be_written_to_without_changing_what_is_stored():
    buffer = learned(build(SAC), Remembers())
    stored, actions = buffer.rewards.stored.copy(), buffer.actions.copy()
    found = buffer.transitions(*places(buffer))
    for name in ("obs", "action", "r_ext", "next_obs"):
        getattr(found, name)[:] = 77.0
    rewards(buffer)[:] = 77.0
    buffer.sample(8).rewards[:] = 77.0
    np.testing.assert_array_equal(buffer.rewards.stored, stored)
    np.testing.assert_array_equal(buffer.actions, actions)


class Frozen(Remembers):
    """Pays what it paid when the step was taken."""

    def shape(self, batch):
        shaped = super().shape(batch)
        if batch.extras is None:
            return shaped
        return Shaped(batch.r_ext + batch.extras["then"], {"paid": batch.extras["then"]})


def test_what_was_frozen_at_collection_stays():
    shaper = Frozen(paid=1.0)
    shaper.update_every = 30
    buffer = learned(build(SAC), shaper)
    paid = rewards(buffer) - joined(shaper.collected, "r_ext")
    assert sorted(set(paid.round(3).tolist())) == [1.0, 2.0, 3.0, 4.0]
    assert paid[0] == pytest.approx(1.0, abs=1e-4)


def phi(obs):
    return 3.0 * obs[:, 0] - obs[:, 1] + 5.0


@pytest.mark.parametrize("algorithm", [SAC, TD3, DQN])
def test_a_cut_off_episode_keeps_the_potential_of_its_end_and_one_that_ended_drops_it(algorithm):
    batches = []

    class Told(Potential):
        def observe(self, batch):
            batches.append(batch)

    buffer = learned(build(algorithm, gamma=0.9), Told(phi))
    after = np.where(joined(batches, "terminated"), 0.0, phi(joined(batches, "next_obs")))
    paid = joined(batches, "r_ext") + 0.9 * after - phi(joined(batches, "obs"))
    np.testing.assert_allclose(rewards(buffer), paid, rtol=1e-4, atol=1e-3)
    assert joined(batches, "truncated").any()
    assert joined(batches, "terminated").any()


class Alone(Potential):
    """A potential over a reward of zero."""

    def shape(self, batch):
        shaped = super().shape(batch)
        return Shaped(shaped.reward - batch.r_ext, shaped.terms)


def test_a_window_of_n_steps_telescopes():
    model = build(
        DQN,
        gamma=0.9,
        replay_buffer_class=NStepReplayBuffer,
        replay_buffer_kwargs={"n_steps": 3, "gamma": 0.9},
    )
    buffer = learned(model, Alone(phi))
    rows = np.arange(buffer.pos - 4)
    buffer.n_envs, n_envs = 1, buffer.n_envs  # draw environment 0 alone, so rows are known
    sampled = buffer._get_samples(rows)
    buffer.n_envs = n_envs
    checked = 0
    for i, row in enumerate(rows):
        first = buffer.observations[row, 0][None]
        ends = np.flatnonzero(buffer.dones[row : row + 3, 0])
        k = ends[0] + 1 if len(ends) else 3
        last = row + k - 1
        terminated = buffer.dones[last, 0] > 0 and buffer.timeouts[last, 0] == 0
        end = 0.0 if terminated else phi(buffer.next_observations[last, 0][None])[0]
        expected = 0.9**k * end - phi(first)[0]
        assert sampled.rewards[i, 0].item() == pytest.approx(expected, abs=1e-3)
        checked += k
    assert checked > len(rows), "windows of more than one step"


def test_only_what_is_needed_to_tell_endings_apart_is_asked_for():
    spaces = build(SAC).observation_space, build(SAC).action_space
    with pytest.raises(UsageError, match="handle_timeout_termination=True"):
        ShapedReplayBuffer(
            10, *spaces, handle_timeout_termination=False, shape=Checked(Remembers())
        )


class Late(Shaper):
    """Is right while steps are collected and wrong when they are replayed."""

    def shape(self, batch):
        bonus = np.zeros_like(batch.r_ext)
        return Shaped(batch.r_ext + (bonus if batch.extras is None else np.nan), {})


def test_a_shaper_that_is_wrong_only_in_replay_is_told_too(tmp_path):
    model, file = build(SAC), tmp_path / "fault.npz"
    with pytest.raises(ShaperFault, match="that transition is in"):
        model.learn(N, callback=attach(model, Late(), fault_file=file))
    assert file.exists()
