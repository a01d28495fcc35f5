"""What `moe` may say, and that everything else is refused when the policy is built."""

import pytest
import torch
from stable_baselines3 import DQN, PPO, SAC, TD3
from stable_baselines3.common.envs import SimpleMultiObsEnv
from stable_baselines3.common.torch_layers import CombinedExtractor

from rewardlab.errors import ConfigError, UnknownName, UsageError
from rewardlab.policies import MoeCallback, MoELayer
from rewardlab.policies.sb3.options import PLACES
from rewardlab.policies.sb3.policy import moe_layers
from tests.policies.sb3.cases import ALGORITHMS, build, probe


@pytest.mark.parametrize(
    ("moe", "error", "words"),
    [
        ({"gate": "softmaxx"}, UnknownName, "unknown gate 'softmaxx'; did you mean softmax"),
        ({"n_expert": 4}, ConfigError, "unknown key 'n_expert'; did you mean 'n_experts'"),
        ({"plce": "head"}, ConfigError, "did you mean 'place'"),
        ({"place": "heads"}, UnknownName, "did you mean head"),
        (
            {"actor": {"top": 1}},
            ConfigError,
            "moe's actor: unknown key 'top'; did you mean 'top_k'",
        ),
        ({"critic": {"place": "head"}}, ConfigError, "moe's critic: unknown key 'place'"),
        ({"actor": 3}, UsageError, "a mapping of its own options, or False, got 3"),
        ({"actor": False, "critic": False}, UsageError, "use MlpPolicy"),
        ({"n_experts": "four"}, ConfigError, "n_experts cannot be 'four'; give a whole number"),
        ({"n_experts": 0}, UsageError, "n_experts"),
        ({"top_k": 5}, UsageError, "top_k is between 1 and n_experts = 4, got 5"),
        ({"gate": "prototype", "n_prototypes": 3}, UsageError, "cannot be divided"),
        ({"gate": "prototype", "top_k": 2}, UsageError, "'top_k' is an option of gate 'softmax'"),
        ({"expert_hidden": 0}, UsageError, "expert_hidden"),
        ({"n_shared": -1}, UsageError, "n_shared"),
        ({"aux_coefs": {"balance": 0.1}}, UnknownName, "did you mean load_balance"),
        ({"aux_coefs": {"load_balance": "much"}}, ConfigError, "give a number"),
        ({"aux_coefs": {"load_balance": float("inf")}}, ConfigError, "give a finite number"),
        ({"aux_coefs": {"router_z": [0.0, 0.1, 1.0]}}, UsageError, "or its start and end"),
        ({"gate": "dts", "temperature": 3}, ConfigError, "temperature cannot be 3; give a list"),
        ({"gate": "dts", "temperature": ["a", 1]}, ConfigError, "cannot be 'a'; give a number"),
        ({"gate": "soft", "groups": "ab"}, ConfigError, "groups cannot be 'ab'; give a list"),
        ({"gate": "soft", "groups": ["a", 3]}, ConfigError, "give a whole number"),
        ({"aux_coefs": {"load_balance": -0.01}}, UsageError, "a number from 0 on, or its start"),
        ({"routed_scaling": -1}, UsageError, "routed_scaling must not be negative, got -1"),
        ({"shared_combine": "half"}, UsageError, "'half' needs shared experts: give n_shared"),
        ({"top_p": 0.9}, UsageError, "'top_p' is an option of gate 'dynmole', not of 'softmax'"),
        ({"gate": "banana"}, UnknownName, "dynmole, soft, dense"),
        ({"gate": "soft", "n_tokens": 0}, UsageError, "n_tokens are whole numbers from 1 on"),
        ({"gate": "soft", "n_tokens": 3}, UsageError, "cannot be cut into n_tokens = 3"),
        ({"activation": "reLU6"}, UnknownName, "unknown activation"),
        ({"experts": ["one", "two"]}, UsageError, "leave n_experts out"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_closest(moe, error, words):
    with pytest.raises(error, match=words):
        build(PPO, moe)


def test_moe_must_be_a_mapping():
    with pytest.raises(UsageError, match="moe is a mapping such as"):
        PPO("MoePolicy", "CartPole-v1", policy_kwargs={"moe": 8})


CROWD = [
    ({"gate": "expert_choice", "mode": "exact"}, "use mode='threshold'"),
    ({"gate": "expert_choice", "mode": "capped"}, "use mode='threshold'"),
    ({"gate": "prototype", "capacity_factor": 1.25}, "leave out capacity_factor"),
]


@pytest.mark.parametrize(("moe", "remedy"), CROWD)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_gate_that_looks_at_batch_mates_cannot_act(algorithm, moe, remedy):
    with pytest.raises(UsageError, match=f"gate '{moe['gate']}' as asked .* the actor .*{remedy}"):
        build(algorithm, moe)


@pytest.mark.parametrize(("moe", "remedy"), CROWD)
def test_it_may_judge_in_critics_that_only_learn_from_replayed_batches(moe, remedy):
    with pytest.raises(UsageError, match=f"the critic of PPO or A2C: {remedy}"):
        build(PPO, {"critic": moe})
    for algorithm in (SAC, TD3):
        model = build(algorithm, {"critic": moe}).learn(160, callback=MoeCallback())
        assert all(bool(w.isfinite().all()) for w in model.policy.state_dict().values())
        assert {layer.gate.name for layer in moe_layers(model.critic)} == {moe["gate"]}
        assert {layer.gate.name for layer in moe_layers(model.actor)} == {"softmax"}


@pytest.mark.parametrize("moe", [{"critic": {"top_k": 1}}, {"actor": False}])
def test_dqn_has_no_critic_beside_the_network_that_acts(moe):
    with pytest.raises(UsageError, match="DQN has one network, which acts"):
        build(DQN, moe)


def test_noise_is_for_off_policy_learners():
    with pytest.raises(UsageError, match="leave out noise"):
        build(PPO, {"gate": "dts", "noise": True})
    model = build(SAC, {"gate": "dts", "noise": True})
    obs = probe()
    first, second = (model.predict(obs, deterministic=True)[0] for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_place_holds_a_mixture_of_its_size(algorithm, place):
    model = build(algorithm, {"place": place}, net_arch=(12, 10))
    layers = list(moe_layers(model.policy))
    assert layers
    hidden = {"features": (None, 12), "trunk": (12, 10), "head": (10, None)}[place]
    for layer in layers:
        dims = (layer.dim, layer.out_dim)
        assert all(want is None or want == got for want, got in zip(hidden, dims, strict=True))
    model.learn(160, callback=MoeCallback())


def test_a_part_can_be_dense():
    model = build(PPO, {"critic": False})
    assert not list(moe_layers(model.policy.mlp_extractor.value_net))
    assert len(list(moe_layers(model.policy))) == 1


def test_a_hidden_layer_must_exist_to_be_a_mixture():
    with pytest.raises(UsageError, match="give net_arch, or place='head'"):
        build(DQN, {}, net_arch=())
    build(DQN, {"place": "head"}, net_arch=())


def test_heads_begin_as_small_as_dense_ones():
    model = build(PPO, {"place": "head", "top_k": 4})
    for layer, gain in ((model.policy.action_net, 0.01), (model.policy.value_net, 1.0)):
        assert isinstance(layer, MoELayer)
        singular = torch.linalg.svdvals(layer.experts.B)
        torch.testing.assert_close(singular, torch.full_like(singular, gain), atol=1e-5, rtol=1e-4)


def test_training_that_never_says_how_far_it_is_warns_once():
    model = build(PPO, {"gate": "dts"})
    with pytest.warns(UserWarning, match=r"gate dts stays as it began.*MoeCallback") as caught:
        model.learn(1024)
    assert len(caught) == 1
    build(PPO, {}).learn(256)  # whose rule never changes


def test_the_callback_moves_the_state_once_per_rollout_and_to_its_end():
    model = build(PPO, {"gate": "dts", "temperature": [2.0, 0.5], "schedule": "linear"})
    seen = []

    class Tells(MoeCallback):
        def _on_rollout_start(self):
            super()._on_rollout_start()
            tau = {float(layer.gate.running_tau) for layer in moe_layers(self.model.policy)}
            seen.append(tau.pop())

    model.learn(1024, callback=Tells())
    assert seen == pytest.approx([2.0, 1.625, 1.25, 0.875])


def test_coefficients_move_with_training_too():
    model = build(PPO, {"aux_coefs": {"load_balance": 0.1, "router_z": [0.0, 0.4]}})
    found = []
    for fraction in (0.0, 0.25, 1.0):
        model.policy.set_moe_progress(fraction)
        found.append(next(moe_layers(model.policy)).aux_coefs.copy())
    assert [coefs["router_z"] for coefs in found] == pytest.approx([0.0, 0.1, 0.4])
    assert {coefs["load_balance"] for coefs in found} == {0.1}
    with pytest.warns(UserWarning, match="gate softmax stays as it began"):
        build(PPO, {"aux_coefs": {"router_z": [0.0, 0.4]}}).learn(256)


def test_dictionaries_need_an_extractor():
    env = SimpleMultiObsEnv(random_start=False)
    with pytest.raises(UsageError, match="features_extractor_class=CombinedExtractor"):
        PPO("MoePolicy", env, policy_kwargs={"moe": {}}, n_steps=8, batch_size=8, device="cpu")
    kwargs = {"moe": {"n_experts": 2}, "features_extractor_class": CombinedExtractor}
    model = PPO("MoePolicy", env, policy_kwargs=kwargs, n_steps=8, batch_size=8, device="cpu")
    model.learn(8)
