import numpy as np
import pytest

from rewardlab.training.tally import CHUNK, Tally


def noted(tally, rng, n_steps, *, ends=5):
    """Note steps of two environments that add `f` in every other one; return what was noted."""
    below, added = rng.normal(size=(2, n_steps, 2))
    added[1::2] = 0.0
    for t in range(n_steps):
        terms = {"f": added[t].tolist()} if t % 2 == 0 else {}
        over = [0, 1] if (t + 1) % ends == 0 else []
        tally.note(below[t].tolist(), (below[t] + added[t]).tolist(), terms, over)
    return below, added


@pytest.mark.parametrize("n_steps", [40, CHUNK + 6])
def test_moments_shares_and_correlation_are_numpys(n_steps):
    tally = Tally(2, adds=True, log_env=True)
    below, added = noted(tally, np.random.default_rng(0), n_steps)
    whole = n_steps - n_steps % 5
    returns = [x[:whole].reshape(-1, 5, 2).sum(axis=1).ravel() for x in (below, below + added)]
    share = abs(added).sum() / abs(below + added).sum()
    assert tally.take() == pytest.approx(
        {
            "reward/env": below.mean(),
            "reward/shaped": (below + added).mean(),
            "reward/terms/f": added.mean(),
            "shaper/std/f": added.std(),
            "shaper/share/f": share,
            "shaper/share": share,
            "shaper/return_correlation": np.corrcoef(*returns)[0, 1],
        }
    )
    assert tally.take() == {}


def test_a_saved_tally_goes_on_to_the_last_bit():
    whole, first, second = (Tally(2, adds=True, log_env=True) for _ in range(3))
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    noted(whole, one, 35)
    noted(whole, one, 20)
    noted(first, other, 35)
    second.load_state_dict(first.state_dict())
    noted(second, other, 20)
    assert second.take() == whole.take()


def test_returns_that_do_not_vary_have_no_correlation():
    tally = Tally(1, adds=False, log_env=True)
    for reward in (1.0, 2.0, 3.0):
        tally.note([0.0], [reward], {}, [0])
    assert "shaper/return_correlation" not in tally.take()
