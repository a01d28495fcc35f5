import numpy as np
import pytest
import torch

from rewardlab.shapers.critic import ExtrinsicCritic, gae
from rewardlab.shapers.episodes import Episodes
from rewardlab.shapers.steps import Collected

GAMMA, LAM = 0.9, 0.8


def collected(r_ext, terminated, truncated):
    none = np.zeros(0)
    return Collected(none, none, r_ext, none, terminated, truncated)


def test_generalised_advantages_are_their_definition():
    rng = np.random.default_rng(0)
    r, v, after = rng.normal(size=(3, 12, 3))
    terminated = rng.random((12, 3)) < 0.2
    truncated = (rng.random((12, 3)) < 0.2) & ~terminated
    found = gae(collected(r, terminated, truncated), v, after, gamma=GAMMA, lam=LAM)
    for e in range(3):
        for t in range(12):
            total, weight = 0.0, 1.0
            for k in range(t, 12):
                ahead = 0.0 if terminated[k, e] else after[k, e]
                total += weight * (r[k, e] + GAMMA * ahead - v[k, e])
                if terminated[k, e] or truncated[k, e]:
                    break
                weight *= GAMMA * LAM
            assert found[t, e] == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("huber", [False, True])
def test_the_critic_learns_what_is_earned_with_and_without_an_end(huber):
    """A state that pays 1 for ever is worth 1/(1 − γ), one that pays 1 and ends is worth 1."""
    critic = ExtrinsicCritic(2, torch.Generator().manual_seed(0), lr=1e-2, huber=huber)
    obs = torch.eye(2)
    r, none = np.ones((1, 2)), np.zeros((1, 2), bool)
    steps = collected(r, np.array([[False, True]]), none)
    for _ in range(300):
        _, returns = critic.advantages(steps, obs, obs, gamma=0.5)
        critic.learn(obs, torch.as_tensor(returns.ravel(), dtype=torch.float32))
    np.testing.assert_allclose(critic.values(obs), [2.0, 1.0], rtol=0.02)


def test_values_begin_at_0_and_the_seed_alone_draws_weights():
    state = torch.get_rng_state()
    critic = ExtrinsicCritic(3, torch.Generator().manual_seed(0))
    assert torch.equal(torch.get_rng_state(), state)
    assert critic.values(torch.randn(5, 3, generator=torch.Generator())).tolist() == [0.0] * 5


def test_steps_are_cut_where_episodes_end_however_they_come_in():
    rng = np.random.default_rng(1)
    ended = rng.random((30, 2)) < 0.2
    numbers = np.arange(60).reshape(30, 2)
    whole = Episodes(2).add({"n": numbers}, ended)
    pieces, parts = [], Episodes(2)
    for start in range(0, 30, 7):
        rows = slice(start, start + 7)
        other = Episodes(2)
        other.load_state_dict(parts.state_dict())
        parts = other
        pieces += parts.add({"n": numbers[rows]}, ended[rows])
    assert [e["n"].tolist() for e in pieces] == [e["n"].tolist() for e in whole]
    assert len(whole) == ended.sum()
    assert [e["n"][-1] for e in whole] == numbers[ended].tolist()
    for episode in whole:
        assert (np.diff(episode["n"]) == 2).all()
