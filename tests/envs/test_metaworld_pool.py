"""The engine in C++ does what the Python environment does, from the same first states."""

from importlib import import_module

import numpy as np
import pytest

from rewardlab.envs.metaworld.pool import EQUAL, SawyerPool, make_pool
from rewardlab.envs.tasks import task
from rewardlab.errors import MissingExtra

pytest.importorskip("envpool", reason="EnvPool comes with the extra 'fast'")
pytest.importorskip("metaworld", reason="MetaWorld comes with the extra 'metaworld'")

STEPS = 200
SEED = 3


def numbers(seed):
    """Yield what the engine's generator gives: two words of MT19937 make a number in [0, 1)."""
    words = np.random.RandomState(seed)
    while True:
        low, high = words.randint(0, 2**32, size=2, dtype=np.uint32)
        yield (float(low) + float(high) * 2.0**32) / 2.0**64


def same_goals(env, seed):
    """Let a Python environment draw where things are as the engine does."""
    sawyer, drawn = env.unwrapped, numbers(seed)
    low, high = sawyer._random_reset_space.low, sawyer._random_reset_space.high

    def draw():
        if not sawyer._freeze_rand_vec:  # else the last one again
            sawyer._last_rand_vec = np.array(
                [a + (b - a) * next(drawn) for a, b in zip(low, high, strict=True)]
            )
        return sawyer._last_rand_vec

    sawyer._get_state_rand_vec = draw


def both(name, steps=STEPS):
    """Return a task's Python environment and its pool of one, with the same goals to come."""
    made = task(f"metaworld/{name}", horizon=steps)
    env = made.make_env(seed=0)
    same_goals(env, SEED)
    return env, made.make_pool(n_envs=1, seed=SEED, native_reward=True)


def scripted(name):
    words = "".join(part.capitalize() for part in name.split("-"))
    return getattr(import_module("metaworld.policies"), f"Sawyer{words}V3Policy")()


@pytest.mark.filterwarnings("ignore:Constant.s. may be too high")
@pytest.mark.parametrize("name", EQUAL)
def test_the_engine_does_what_python_does(name):
    env, pool = both(name)
    moved_at_random(env, pool, *EQUAL[name])
    first, second = solved_by(scripted(name), env, pool)
    assert abs(first - second) <= 2
    pool.close()


def moved_at_random(env, pool, first, later):
    """The arm sees the same and is paid the same, within the bounds stated."""
    rng = np.random.default_rng(0)
    obs, info = env.reset()
    np.testing.assert_allclose(pool.reset()[0], obs, rtol=0, atol=first)
    for step in range(STEPS):
        action = rng.uniform(-1, 1, 4).astype(np.float32)
        obs, reward, _, truncated, info = env.step(action)
        batch = pool.step(action[None])
        np.testing.assert_allclose(batch.obs[0], obs, rtol=0, atol=later)
        np.testing.assert_allclose(batch.scenes[0], info["scene"], rtol=0, atol=later)
        assert batch.success[0] == info["success"]
        assert batch.rewards[0] == pytest.approx(reward, abs=max(1e-6, 5 * later))
        assert batch.truncated[0] == truncated == (step == STEPS - 1)
        assert not batch.terminated[0]


def solved_by(policy, env, pool):
    """Return after how many steps a policy solves the same episode in each."""
    obs, _ = env.reset()
    theirs = pool.reset()
    solved = [None, None]
    for step in range(STEPS):
        ours, engine = policy.get_action(obs), policy.get_action(theirs[0])
        obs, *_, info = env.step(np.clip(ours, -1, 1).astype(np.float32))
        batch = pool.step(np.clip(engine, -1, 1).astype(np.float32)[None])
        theirs = batch.obs
        for i, done in enumerate((info["success"], batch.success[0])):
            if done and solved[i] is None:
                solved[i] = step
        if None not in solved:
            return solved
    pytest.fail(f"not solved: {solved}")


def test_environments_of_a_pool_keep_their_order_when_some_start_again():
    pool = SawyerPool("drawer-open", 50, n_envs=4, seed=0, native_reward=False)
    first = pool.reset()
    again = pool.restart(np.array([3, 1]))
    batch = pool.step(np.zeros((4, 4), np.float32))
    drawers = batch.obs[:, 4]
    np.testing.assert_allclose(drawers[[0, 2]], first[[0, 2], 4], atol=1e-6)
    np.testing.assert_allclose(drawers[[3, 1]], again[:, 4], atol=1e-6)
    assert len(set(np.round(drawers, 6))) == 4
    size = pool_size(batch)
    np.testing.assert_array_equal(batch.scenes[[3, 1], 2 * size + 4], again[:, 4])
    pool.close()


def pool_size(batch):
    return (batch.scenes.shape[1] - 1 - 4) // 3


def test_a_seed_fixes_the_goals_and_without_one_they_go_on():
    pool = SawyerPool("window-open", 50, n_envs=2, seed=7, native_reward=False)
    first, second = pool.reset(), pool.reset()
    again = pool.reset(7)
    other = SawyerPool("window-open", 50, n_envs=2, seed=7, native_reward=False)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, other.reset())
    assert not np.allclose(first[:, 36:], second[:, 36:])
    pool.close()
    other.close()


def test_the_native_reward_is_left_out_on_request():
    rewards = []
    for native in (True, False):
        pool = SawyerPool("button-press", 50, n_envs=2, seed=0, native_reward=native)
        pool.reset()
        rewards.append(pool.step(np.zeros((2, 4), np.float32)).rewards)
        pool.close()
    assert (rewards[0] > 0).all()
    assert (rewards[1] == 0).all()


def test_without_the_extra_its_name_is_told(monkeypatch):
    monkeypatch.setattr("rewardlab.envs.metaworld.pool.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"rewardlab\[fast\]"):
        make_pool("drawer-open", 50, n_envs=1, seed=0, native_reward=False)
