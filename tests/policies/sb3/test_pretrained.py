"""Trained policies as experts of a new one."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.vec_env import VecNormalize

from rewardlab.errors import Caution, ConfigError, UsageError
from rewardlab.policies import MoeCallback, MoePolicy
from rewardlab.policies.sb3.policy import moe_layers
from rewardlab.policies.sb3.pretrained import expert as read
from tests.policies.sb3.cases import ALGORITHMS, Stream, build, probe

IDS = {"ids": lambda x: getattr(x, "__name__", x)}


def expert(algorithm, seed, *, normalize=True, **stream):
    """Return a dense policy with a normaliser of its own."""
    venv = Stream(**{"discrete": algorithm is DQN, **stream})
    if normalize:
        venv = VecNormalize(venv)
        venv.obs_rms.mean += seed + 0.5
        venv.obs_rms.var *= seed + 2.0
    settings = {**ALGORITHMS[algorithm], "policy_kwargs": {"net_arch": [8]}}
    return algorithm("MlpPolicy", venv, seed=seed, device="cpu", **settings)


def mixed(algorithm, experts, stream=None, **options):
    policy = MoePolicy.from_experts(experts, **options)
    venv = Stream(**(stream or {"discrete": algorithm is DQN}))
    return algorithm(policy, venv, seed=0, device="cpu", **ALGORITHMS[algorithm])


def choose(model, which):
    """Let the gate give everything to one expert, whatever it sees."""
    with torch.no_grad():
        for layer in moe_layers(model.policy):
            layer.gate.weight.zero_()
            layer.gate.weight[-1, which] = 1e4


def seen(obs):
    """Return observations whose last entry lets `choose` work."""
    return np.concatenate([obs[:, :-1], np.ones_like(obs[:, :1])], axis=1)


@pytest.mark.parametrize("algorithm", ALGORITHMS, **IDS)
def test_an_expert_that_is_chosen_acts_as_it_did_on_its_own(algorithm):
    experts = [expert(algorithm, seed) for seed in range(3)]
    model = mixed(algorithm, experts)
    obs = seen(probe())
    actions = []
    for i, one in enumerate(experts):
        choose(model, i)
        found = model.predict(obs, deterministic=True)[0]
        venv = one.get_vec_normalize_env()
        alone = one.predict(venv.normalize_obs(obs), deterministic=True)[0]
        np.testing.assert_allclose(found, alone, atol=1e-5)
        actions.append(found)
    assert not np.allclose(actions[0], actions[1])


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("algorithm", ALGORITHMS, **IDS)
def test_frozen_experts_stay_and_others_learn_while_the_gate_always_does(algorithm, frozen):
    model = mixed(algorithm, [expert(algorithm, seed) for seed in range(2)], frozen=frozen)
    online = next(iter(model.policy._networks()))[0]
    before = {name: value.clone() for name, value in online.state_dict().items()}
    model.learn(640, callback=MoeCallback())
    moved = {n for n, value in online.state_dict().items() if not torch.equal(before[n], value)}
    assert any("gate.weight" in name for name in moved)
    assert any(".policies." in name for name in moved) is not frozen


@pytest.mark.parametrize("algorithm", ALGORITHMS, **IDS)
def test_a_mixture_of_policies_is_saved_and_loaded_and_can_be_an_expert_itself(algorithm, tmp_path):
    model = mixed(algorithm, [expert(algorithm, seed) for seed in range(2)], frozen=False)
    model.learn(320, callback=MoeCallback())
    model.save(tmp_path / "model")
    model.policy.save(tmp_path / "policy")
    actions = model.predict(probe(), deterministic=True)[0]
    again = algorithm.load(tmp_path / "model", device="cpu")
    alone = type(model.policy).load(tmp_path / "policy", device="cpu")
    np.testing.assert_array_equal(again.predict(probe(), deterministic=True)[0], actions)
    np.testing.assert_array_equal(alone.predict(probe(), deterministic=True)[0], actions)
    again.set_env(Stream(discrete=algorithm is DQN))
    again.learn(160, callback=MoeCallback())
    twice = mixed(algorithm, [model, alone])
    np.testing.assert_allclose(twice.predict(probe(), deterministic=True)[0], actions, atol=1e-5)


def test_policies_of_ppo_and_a2c_mix_and_begin_with_their_deviation():
    experts = [expert(PPO, 0), expert(A2C, 1)]
    for one, std in zip(experts, (-1.0, -2.0), strict=True):
        one.policy.log_std.data.fill_(std)
    model = mixed(PPO, experts)
    assert model.policy.log_std.tolist() == [-1.5, -1.5]


def test_images_reach_the_experts_as_they_were_seen():
    space = gym.spaces.Box(0, 255, (3, 36, 36), np.uint8)

    def venv():
        made = Stream(2, discrete=True)
        made.observation_space = space
        made._obs = lambda: made.random.integers(0, 256, (2, *space.shape)).astype(np.uint8)
        return made

    settings = {"n_steps": 8, "batch_size": 8, "device": "cpu"}
    experts = [PPO("CnnPolicy", venv(), seed=seed, **settings) for seed in range(2)]
    model = PPO(MoePolicy.from_experts(experts), venv(), **settings)
    obs = model.policy.obs_to_tensor(venv()._obs())[0]
    layer = next(moe_layers(model.policy))
    for copy, one in zip(layer.policies, experts, strict=True):
        logits = one.policy.get_distribution(obs).distribution.logits
        out = copy(obs.flatten(1).float() / 255)
        torch.testing.assert_close(out - out.logsumexp(-1, keepdim=True), logits)


def test_experts_with_other_spaces_are_refused_when_the_policy_is_built():
    fit, wide = expert(PPO, 0), expert(PPO, 1, dim=9)
    with pytest.raises(UsageError, match=r"expert 1 observes Box\(.*\(9,\).* observes .*\(6,\)"):
        MoePolicy.from_experts([fit, wide])
    with pytest.raises(UsageError, match=r"expert 0 observes .* experts must have the spaces of"):
        mixed(PPO, [fit, fit], stream={"dim": 5})
    discrete = expert(PPO, 1, discrete=True)
    with pytest.raises(UsageError, match=r"expert 1 acts in Discrete\(3\)"):
        MoePolicy.from_experts([fit, discrete])
    strong = expert(PPO, 1)
    strong.policy.action_space = gym.spaces.Box(-2.0, 2.0, (2,), np.float32)
    with pytest.raises(UsageError, match="expert 1 acts in"):
        MoePolicy.from_experts([fit, strong])


def test_experts_see_one_array_with_their_own_extractors():
    pair = gym.spaces.Dict({"a": gym.spaces.Box(-1, 1, (2,)), "b": gym.spaces.Box(-1, 1, (3,))})
    action = gym.spaces.Discrete(2)
    both = MultiInputActorCriticPolicy(pair, action, lambda _: 0.0)
    with pytest.raises(UsageError, match="expert 0 observes a Dict"):
        MoePolicy.from_experts([both, both])
    policy = MoePolicy.from_experts([expert(PPO, 0), expert(PPO, 1)])
    with pytest.raises(UsageError, match="leave features_extractor_class out"):
        PPO(policy, Stream(), policy_kwargs={"features_extractor_class": NatureCNN})


def test_experts_of_other_algorithms_are_refused():
    with pytest.raises(UsageError, match=r"expert 1 is a policy of SAC, .* in one of PPO and A2C"):
        MoePolicy.from_experts([expert(PPO, 0), expert(SAC, 1)])
    with pytest.raises(UsageError, match="expert 0 is a policy of PPO and A2C"):
        TD3(
            "MoePolicy",
            Stream(),
            policy_kwargs={"moe": {"experts": [expert(PPO, 0), expert(PPO, 1)]}},
        )
    sde = SAC("MlpPolicy", Stream(), use_sde=True, buffer_size=10, device="cpu")
    with pytest.raises(UsageError, match="explores with gSDE"):
        MoePolicy.from_experts([sde, sde])


@pytest.mark.parametrize(
    ("experts", "words"),
    [
        ("results/one", "a list of at least two policies"),
        ([1], "a list of at least two policies"),
        ([1, 2], "expert 0 is a trained model, its policy or a run, got 1"),
        (["results/one", "results/two"], r"got 'results/one'; open it first, e.g. rewardlab.Run"),
    ],
)
def test_what_is_no_policy_is_refused(experts, words):
    with pytest.raises(UsageError, match=words):
        MoePolicy.from_experts(experts)


def test_options_of_the_mixture_are_checked_too():
    experts = [expert(DQN, 0), expert(DQN, 1)]
    for options, words in (
        ({"n_experts": 2}, "leave n_experts out"),
        ({"place": "head"}, "leave place out"),
        ({"actor": False}, "cannot be False"),
    ):
        with pytest.raises(UsageError, match=words):
            MoePolicy.from_experts(experts, **options)
    for options, words in (
        ({"frozzen": False}, "did you mean 'frozen'"),
        ({"frozen": 3}, "true or false"),
    ):
        with pytest.raises(ConfigError, match=words):
            MoePolicy.from_experts(experts, **options)
    with pytest.raises(UsageError, match="use mode='threshold'"):
        mixed(DQN, experts, gate="expert_choice", mode="exact")
    assert mixed(DQN, experts, gate="dense", n_shared=1).learn(160, callback=MoeCallback())


def test_a_mixture_that_is_an_expert_and_frozen_keeps_its_gate_as_it_is():
    inner = build(DQN, {"gate": "expert_choice"}, net_arch=(8,))
    inner.learn(320, callback=MoeCallback())
    model = mixed(DQN, [inner, expert(DQN, 0)])
    name = "q_net.q_net.0.policies.0.network.1.0.gate.running_threshold"
    before = model.policy.state_dict()[name].clone()
    model.learn(320, callback=MoeCallback())
    assert torch.equal(model.policy.state_dict()[name], before)
    assert [layer.gate.name for layer in moe_layers(model.policy.q_net)] == ["softmax"]


def test_observations_are_not_normalised_twice():
    policy = MoePolicy.from_experts([expert(PPO, 0), expert(PPO, 1)])
    model = PPO(policy, VecNormalize(Stream()), device="cpu", **ALGORITHMS[PPO])
    with pytest.raises(UsageError, match="give VecNormalize norm_obs=False"):
        model.learn(256, callback=MoeCallback())
    model = PPO(policy, VecNormalize(Stream(), norm_obs=False), device="cpu", **ALGORITHMS[PPO])
    model.learn(256, callback=MoeCallback())


def test_a_policy_without_its_environment_is_given_its_normalisation(tmp_path):
    """Loaded alone it would see observations that it was never trained on, without a word."""
    model = expert(PPO, 1)
    model.save(tmp_path / "model")
    venv, obs = model.get_vec_normalize_env(), torch.randn(5, model.observation_space.shape[0])
    whole = read(model, "expert")(obs)
    torch.testing.assert_close(read((model.policy, venv), "expert")(obs), whole)
    loaded = PPO.load(tmp_path / "model", device="cpu")
    torch.testing.assert_close(read((loaded, venv), "expert")(obs), whole)
    with pytest.warns(Caution, match=r"give \(model, VecNormalize.load"):
        alone = read(loaded, "expert")
    assert not torch.allclose(alone(obs), whole)
