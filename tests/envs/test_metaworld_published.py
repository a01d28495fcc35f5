"""Of the eleven published tasks: a solution succeeds and is paid, chance and idleness are not."""

import numpy as np
import pytest

from rewardlab.envs.tasks import task, tasks

NAMES = [
    entry.id.partition("/")[2]
    for entry in tasks()
    if entry.published and entry.id.startswith("metaworld/")
]
STEPS = 150


@pytest.fixture(scope="module")
def played():
    """Return success at each step and the mean oracle reward of a policy in one episode."""

    def run(name, act):
        env = task(f"metaworld/{name}").make_env(seed=3)
        obs, _ = env.reset()
        solved, paid = [], []
        for _ in range(STEPS):
            obs, reward, _, _, info = env.step(np.clip(act(obs), -1, 1).astype(np.float32))
            solved.append(info["success"])
            paid.append(reward)
        env.close()
        return solved, float(np.mean(paid))

    return run


@pytest.mark.filterwarnings("ignore:Constant.s. may be too high")
@pytest.mark.parametrize("name", NAMES)
def test_an_expert_is_told_from_chance_and_from_doing_nothing(name, played):
    from metaworld.policies import ENV_POLICY_MAP

    rng = np.random.default_rng(0)
    solved, pay = played(name, ENV_POLICY_MAP[f"{name}-v3"]().get_action)
    assert any(solved)
    assert not solved[0]
    for act in (lambda obs: rng.uniform(-1, 1, 4), lambda obs: np.zeros(4)):
        chance, less = played(name, act)
        assert not any(chance)
        assert pay > 2 * less
