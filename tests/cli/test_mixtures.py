"""`--moe`: mixtures of experts from the shell."""

import pytest

from rewardlab import Run
from rewardlab.errors import Caution

TRAIN = ("train", "gym/CartPole-v1", "--reward", "oracle", "--config", "ppo.yaml", "--no-progress")


@pytest.fixture
def ask(cli, tmp_path):
    text = (
        "hyperparameters: {n_steps: 32, batch_size: 64, n_epochs: 1}\n"
        "n_envs: 2\neval_freq: 0\nn_timesteps: 64\n"
        "policy_kwargs: {net_arch: [8], moe: {n_experts: 3, top_k: 1}}\n"
    )
    (tmp_path / "ppo.yaml").write_text(text)
    return lambda *flags: cli(*TRAIN, *flags)


def test_flags_choose_the_policy_and_come_before_the_file(ask, cli):
    done = ask("--moe", "n_experts=4", "--moe", "critic={top_k: 2, aux_coefs: {router_z: 1e-3}}")
    assert done.code == 0, done.err
    run = Run.open(done.err.split()[1])
    assert run.config.policy == "MoePolicy"
    critic = {"top_k": 2, "aux_coefs": {"router_z": "1e-3"}}
    assert run.config.policy_kwargs == {
        "net_arch": [8],
        "moe": {"n_experts": 4, "top_k": 1, "critic": critic},
    }
    assert ask("--moe", "gate=dense").error.startswith("moe: 'top_k' is an option of gate")
    other = cli("train", "--resume", run.id, "-n", "128", "--moe", "n_experts=5", "--no-progress")
    assert "goes on with its mixture's options" in other.error
    assert cli("train", "--resume", run.id, "-n", "128", "--no-progress").code == 0


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (("--moe", "gate=softmaxx"), "unknown gate 'softmaxx'; did you mean softmax"),
        (("--moe", "n_experts=2", "--moe", "top_k=3"), "top_k is between 1 and n_experts = 2"),
        (("--moe", "gate"), "--moe 'gate': write it as KEY=VALUE, e.g. gate=softmax"),
        (("--moe", "experts=[one, two]"), "unknown run 'one'"),
        (("--policy", "MlpPolicy"), "moe is for MoePolicy, not for MlpPolicy"),
    ],
)
def test_what_cannot_be_is_one_line(ask, flags, error):
    done = ask(*flags)
    assert done.code == 2
    assert error in done.error


def test_a_router_that_cannot_learn_is_cautioned_of(ask):
    with pytest.warns(Caution, match="gate 'softmax' with top_k=1 and renormalised weights"):
        assert ask("--moe", "renormalize=true").code == 0
