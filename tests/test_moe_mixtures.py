"""The experiments on mixtures of tasks: tasks that disagree, arms of the sizes that they claim."""

from pathlib import Path

import moe_arms
import moe_cartpole
import moe_mixtures
import moe_pages
import numpy as np
import pytest
from moe_worlds import MIXTURES
from recipes import kept
from stable_baselines3 import PPO

RESULTS = Path(__file__).resolve().parents[1] / "results" / "moe"
ROWS = kept(RESULTS / "mixtures.jsonl")


def test_the_page_is_that_of_its_rows():
    page = moe_pages.page(ROWS, MIXTURES, moe_arms.ARMS)
    assert page == (RESULTS / "mixtures.md").read_text(), "python benchmarks/moe_mixtures.py page"


def test_the_page_of_cartpole_is_that_of_its_rows():
    page = moe_cartpole.page(kept(RESULTS / "cartpole.jsonl"))
    assert page == (RESULTS / "cartpole.md").read_text(), "python benchmarks/moe_cartpole.py page"


@pytest.mark.parametrize("name", sorted({row["mixture"] for row in ROWS}))
def test_each_arm_has_five_seeds_of_the_same_settings(name):
    for arm in {row["arm"] for row in ROWS if row["mixture"] == name}:
        rows = [row for row in ROWS if (row["mixture"], row["arm"]) == (name, arm)]
        assert sorted(row["seed"] for row in rows) == list(range(5))
        assert all(row.items() >= moe_mixtures.key(name, arm, row["seed"]).items() for row in rows)


@pytest.mark.parametrize("name", ["cartpole", "pendulum"])
def test_one_state_asks_for_opposed_actions(name):
    world = MIXTURES[name]
    envs = [world.make(index) for index in (0, 2)]
    starts = [env.reset(seed=0)[0] for env in envs]
    n_tasks = len(world.tasks)
    np.testing.assert_array_equal(starts[0][:-n_tasks], starts[1][:-n_tasks])
    np.testing.assert_array_equal([start[-n_tasks:] for start in starts], np.eye(n_tasks)[[0, 2]])
    action = 0 if name == "cartpole" else np.array([1.3], np.float32)
    opposed = 1 if name == "cartpole" else -action
    ends = [env.step(a)[0][:-n_tasks] for env, a in zip(envs, (action, opposed), strict=True)]
    np.testing.assert_array_equal(*ends)


def size(arm):
    """Return the weights of the hidden layers of an actor that sees 8 numbers."""
    chosen = moe_arms.ARMS[arm]
    policy = {"net_arch": list(chosen.widths)} | ({"moe": chosen.moe} if chosen.moe else {})
    kind = "MoePolicy" if chosen.moe else "MlpPolicy"
    env = MIXTURES["cartpole"].make(0)
    model = PPO(kind, env, policy_kwargs=policy, n_steps=8, batch_size=8, device="cpu")
    return sum(p.numel() for p in model.policy.mlp_extractor.policy_net.parameters())


def test_controls_have_the_sizes_that_they_claim():
    expert = 8 * 64 + 64 + 64 * 64 + 64
    assert size("softmax") == 8 * expert + 8 * 8
    assert size("dense, total") == pytest.approx(size("softmax"), rel=0.02)
    assert size("dense") == pytest.approx(2 * expert, rel=0.02)
    assert size("one expert") == pytest.approx(2 * expert, rel=0.02)
    shared = size("sigmoid, shared") * 3 / 9
    assert shared == pytest.approx(2 * expert, rel=0.03)


@pytest.mark.parametrize("how", ["uniform", "random", "task"])
def test_a_router_that_is_set_does_not_learn(how):
    arm = moe_arms.ARMS[{"uniform": "uniform", "random": "random", "task": "by task"}[how]]
    env = MIXTURES["cartpole"].make(1)
    policy = {"net_arch": [64], "moe": arm.moe}
    model = PPO("MoePolicy", env, policy_kwargs=policy, n_steps=32, batch_size=32, device="cpu")
    moe_mixtures.fix_router(model, how, 4)
    layer = moe_mixtures.mixtures(model)[0]
    before = layer.gate.weight.clone()
    model.learn(64)
    assert (layer.gate.weight == before).all()
    obs = model.policy.obs_to_tensor(env.reset(seed=0)[0])[0]
    used = layer.gate(obs).weights[0].nonzero().flatten().tolist()
    assert {"uniform": used == list(range(8)), "random": len(used) == 2, "task": used == [2, 3]}[
        how
    ]
