"""`rewardlab moe`, as a person calls it."""

import shutil

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image

from rewardlab.policies.rate import Rate
from rewardlab.training.train import train


def test_plan_prints_the_best_of_every_order(cli):
    done = cli("moe", "plan", "-n", "1e5", "-s", "4")
    assert done.code == 0
    head, columns, *rows = done.out.splitlines()
    assert head.startswith("n = 100,000, s = 4, alpha = 2")
    assert columns.split()[:3] == ["order", "k", "parameters"]
    assert rows[1].split() == ["1", "5", "29", "29.5", "0.06729", "<-", "smallest"]
    assert rows[4].startswith("29 linear experts")
    assert "warning" not in done.out


def test_plan_as_json(cli):
    found = cli("moe", "plan", "-n", "1000", "-s", "1", "--json").json
    assert (found["m"], found["k"], found["warnings"]) == (3, 1, [])
    assert found["table"][0] == {
        "k": 0,
        "parameters": 1,
        "m": 5,
        "m_continuous": pytest.approx(4.587, abs=1e-3),
        "bound": pytest.approx(0.1298, abs=1e-4),
    }


def test_many_covariates_are_warned_of(cli):
    assert "warning: with s = 39 covariates" in cli("moe", "plan", "-n", "1e6", "-s", "39").out


def test_states_give_their_dimension(cli, tmp_path):
    rng = np.random.default_rng(0)
    bent = np.sin(rng.standard_normal((2000, 2)) @ rng.standard_normal((2, 39)))
    np.save(tmp_path / "states.npy", bent)
    done = cli("moe", "plan", "-n", "1e5", "--states", "states.npy", "--json")
    assert done.json["s"] == 2
    assert done.json["dimension"] == pytest.approx(2, abs=0.2)
    flat = cli("moe", "plan", "-n", "1e5", "--states", "states.npy", "--method", "pca", "--json")
    assert flat.json["s"] > 2


def test_pilots_give_the_constants(cli, tmp_path):
    rate = Rate(2, 2.0, 0.5, 0.01)
    rows = [f"{m},{k},500,{rate.bound(m, k, 500)}" for m in (1, 8) for k in (0, 1)]
    (tmp_path / "pilots.csv").write_text("\n".join(["m,k,n,mse", *rows]))
    found = cli("moe", "plan", "-n", "2000", "-s", "2", "--pilots", "pilots.csv", "--json").json
    assert found["A"] == pytest.approx({"0": 0.5, "1": 0.5})
    assert found["sigma2"] == pytest.approx(0.01)
    assert [row["k"] for row in found["table"]] == [0, 1]
    shown = cli("moe", "plan", "-n", "2000", "-s", "2", "--pilots", "pilots.csv").out
    assert "A0 = 0.5, A1 = 0.5, sigma2 = 0.01" in shown


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-s", "4"), "how many samples?"),
        (("-n", "1e5"), "either -s S or --states"),
        (("-n", "1e5", "-s", "4", "--states", "x.npy"), "either -s S or --states"),
        (("-n", "1", "-s", "4"), "n is the number of samples"),
        (("-n", "1e5", "-s", "4", "--gating", "softmx"), "did you mean softmax"),
        (("-n", "1e5", "--states", "none.npy"), "--states none.npy: No such file"),
        (("-n", "1e5", "-s", "10000000"), "s is at most 100,000"),
        (("-n", "1e5", "-s", "4", "--pilots", "p.csv", "--A", "2"), "leave --A and --sigma2 out"),
        (("-n", "1e5", "-s", "4", "--pilots", "none.csv"), "--pilots none.csv: No such file"),
    ],
)
def test_misuse_is_one_line(cli, flags, said):
    done = cli("moe", "plan", *flags)
    assert done.code == 2
    assert said in done.error


def test_pilots_without_their_columns_are_refused(cli, tmp_path):
    (tmp_path / "pilots.csv").write_text("m,k\n1,2\n")
    done = cli("moe", "plan", "-n", "1e5", "-s", "4", "--pilots", "pilots.csv")
    assert "needs the columns m, k, n, mse" in done.error


SMALL = {"n_timesteps": 256, "eval_freq": 0, "n_envs": 2}
PPO = {"n_steps": 32, "batch_size": 64, "n_epochs": 1}


def trained(out, *, task="gym/CartPole-v1", algo="ppo", **moe):
    count = {} if "experts" in moe else {"n_experts": 3}
    kwargs = {"net_arch": [8, 8]} | ({"moe": {**count, **moe}} if moe else {})
    off = {"learning_starts": 64, "batch_size": 16, "buffer_size": 1000}
    settings = PPO if algo == "ppo" else off
    return train(task, algo=algo, hyperparameters=settings, policy_kwargs=kwargs, out=out, **SMALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"), gate="softmax", top_k=2)


def test_inspect_says_what_mixtures_do_and_draws_it(cli, run):
    done = cli("moe", "inspect", run.path, "--episodes", "2")
    assert done.code == 0, done.err
    head, columns, actor, critic, *_ = done.out.splitlines()
    assert "PPO on gym/CartPole-v1" in head
    assert columns.split()[:4] == ["mixture", "gate", "experts", "parameters"]
    assert actor.split()[:3] == ["actor", "softmax", "3"]
    assert critic.split()[:3] == ["critic", "softmax", "3"]
    with Image.open(run.path / "moe.png") as picture:
        assert picture.width > 1000
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 50


def test_inspect_as_json(cli, run):
    found = cli("moe", "inspect", run.path, "--json", "-o", "here.png").json
    assert found["picture"] == "here.png"
    actor = found["mixtures"]["actor"]
    # three linear experts of 8 -> 8 with biases, and a router of 8 x 3; two of them are used
    assert (actor["parameters"], actor["active"], actor["flops"]) == (240, 168, 2 * (24 + 2 * 64))
    assert sum(actor["load"]) == pytest.approx(2)
    assert actor["ideal_load"] == pytest.approx(2 / 3)
    assert {"utilisation", "change_rate", "saturation"} <= set(actor["logged"])
    assert actor["logged"]["saturation"] == 1


def test_inspect_looks_at_critics_of_sac(cli, tmp_path):
    run = trained(tmp_path, task="gym/Pendulum-v1", algo="sac", gate="soft", n_tokens=2)
    done = cli("moe", "inspect", run.path, "--json", "--episodes", "1")
    assert set(done.json["mixtures"]) == {"actor", "critic_0", "critic_1"}
    assert done.json["warnings"] == []


def test_inspect_names_trained_policies(cli, tmp_path, run):
    mixed = trained(tmp_path, experts=[run, run], gate="dense")
    found = cli("moe", "inspect", mixed.path, "--json").json
    assert found["mixtures"]["actor"]["experts"] == [run.id, run.id]


class Told(gym.Wrapper):
    """CartPole that is told one of two tasks, which last an episode each."""

    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (6,), np.float32)
        self.episode = 0

    def reset(self, **kwargs):
        self.episode += 1
        obs, info = self.env.reset(**kwargs)
        return self.seen(obs), info

    def step(self, action):
        obs, *rest = self.env.step(action)
        return self.seen(obs), *rest

    def seen(self, obs):
        return np.append(obs, np.eye(2)[self.episode % 2]).astype(np.float32)


def test_inspect_draws_experts_by_task(cli, tmp_path):
    gym.register("Told-v0", lambda **options: Told(gym.make("CartPole-v1", **options)))
    try:
        run = trained(tmp_path, task="gym/Told-v0", gate="softmax", top_k=1)
        plain = cli("moe", "inspect", run.path).out
        done = cli("moe", "inspect", run.path, "--task-columns", "2", "--json", "-o", "tasks.png")
        shown = cli("moe", "inspect", run.path, "--task-columns", "2").out
    finally:
        del gym.registry["Told-v0"]
    assert 0 <= done.json["mixtures"]["actor"]["task_information"] <= np.log(2)
    assert "I(task; expert)" in shown
    assert "I(task; expert)" not in plain
    with Image.open("tasks.png") as picture:
        assert picture.width > 1500  # a fourth panel


def test_misuse_of_inspect_is_one_line(cli, run, tmp_path):
    dense = trained(tmp_path / "dense")
    cut = tmp_path / "cut"
    shutil.copytree(run.path, cut)
    shutil.rmtree(cut / "final")
    for flags, said in (
        ((), "which run?"),
        (("nobody",), "unknown run 'nobody'"),
        ((dense.path,), "has no mixture of experts: train one with --moe"),
        ((cut,), "has no final policy"),
        ((run.path, "--episodes", "0"), "--episodes must be at least 1"),
        ((run.path, "--task-columns", "2"), "observations do not end in so many columns"),
        ((run.path, "-s", "3"), "--covariates is for: rewardlab moe plan"),
        ((run.path, "-o", "x.txt"), "--picture ends in .png, .pdf, .svg, got 'x.txt'"),
    ):
        done = cli("moe", "inspect", *flags)
        assert (done.code, said in done.error) == (2, True), done.err
    assert "takes no run" in cli("moe", "plan", "x", "-n", "10", "-s", "1").error


def test_states_that_are_no_numbers_are_refused_without_a_hint_to_unpickle(cli, tmp_path):
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    np.savez(tmp_path / "many.npz", a=np.zeros(3))
    (tmp_path / "text.npy").write_text("m,k,n")
    for name in ("words.npy", "many.npz", "text.npy"):
        done = cli("moe", "plan", "-n", "1e5", "--states", name)
        assert done.code == 2
        assert done.err.strip().endswith(f"--states {name}: not a .npy of numbers (N, d)")
