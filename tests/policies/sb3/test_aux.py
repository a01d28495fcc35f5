"""Auxiliary losses through Stable-Baselines3's own updates, and what they must not touch."""

import gc

import pytest
import torch
from stable_baselines3 import DQN, PPO, SAC, TD3

from rewardlab.policies import MoELayer
from rewardlab.policies.sb3.policy import moe_layers
from tests.policies.sb3.cases import ALGORITHMS, GATES, build, probe


def losses_of(gate):
    return MoELayer(4, 4, n_experts=4, **GATES[gate])._loss_names()


CASES = [(gate, loss) for gate in GATES for loss in losses_of(gate)]


def output(model, obs):
    """Return what a loss would be made of."""
    policy = model.policy
    if isinstance(model, DQN):
        return policy.q_net(obs).sum()
    if isinstance(model, SAC | TD3):
        return sum(q.sum() for q in policy.critic(obs, torch.zeros(len(obs), 2)))
    return policy.get_distribution(obs).distribution.mean.sum() + policy.predict_values(obs).sum()


def begin(model):
    """Do as at the start of an update."""
    model.policy.set_moe_progress(0.0)
    model.policy.set_training_mode(True)
    model.policy.zero_grad()


def router_gradients(model, obs, weight):
    """Return gradients of the routers for `weight` times the output."""
    begin(model)
    (weight * output(model, obs)).backward()
    routers = [layer.gate.weight for layer in moe_layers(model.policy)]
    return [router.grad for router in routers if router.grad is not None]


@pytest.mark.parametrize(("gate", "loss"), CASES)
@pytest.mark.parametrize("algorithm", [PPO, SAC, TD3, DQN])
def test_every_loss_reaches_the_routers_even_where_nothing_else_does(algorithm, gate, loss):
    obs = torch.as_tensor(probe())
    model = build(algorithm, {**GATES[gate], "aux_coefs": {loss: 0.5}})
    found = router_gradients(model, obs, 0.0)
    assert found
    assert all(bool((gradient != 0).any()) for gradient in found)


@pytest.mark.parametrize("gate", [gate for gate, loss in CASES if loss == "load_balance"])
def test_a_step_on_the_balance_takes_probability_from_the_overloaded_expert(gate):
    obs = torch.as_tensor(probe())
    model = build(PPO, {**GATES[gate], "aux_coefs": {"load_balance": 1.0}}, learning_rate=0.01)
    layer = next(moe_layers(model.policy.mlp_extractor.policy_net))
    tokens = model.policy.mlp_extractor.policy_net[:2](obs).detach()
    with torch.no_grad():
        layer.gate.weight.mul_(0.1)
        layer.gate.weight[:, 2] += tokens.mean(dim=0)
    routed = layer.gate.route(layer.gate.logits(tokens))
    before = routed.probs.mean(dim=0)
    assert int(routed.mask.float().mean(dim=0).argmax()) == int(before.argmax()) == 2
    router_gradients(model, obs, 0.0)
    with torch.no_grad():
        layer.gate.weight -= 0.1 * layer.gate.weight.grad
    after = layer.gate.route(layer.gate.logits(tokens)).probs.mean(dim=0)
    assert after[2] < before[2]


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("algorithm", [SAC, TD3])
def test_what_balances_a_critic_does_not_move_the_actor(algorithm, gate):
    obs = torch.as_tensor(probe())
    actors = []
    for coef in (0.0, 1.0):
        coefs = dict.fromkeys(losses_of(gate), coef)
        model = build(algorithm, {**GATES[gate], "critic": {"aux_coefs": coefs}})
        begin(model)
        q = model.critic.q1_forward(obs, model.actor(obs))
        (-q.mean()).backward()
        actors.append([p.grad for p in model.actor.parameters() if p.grad is not None])
    assert len(actors[0]) > 4
    for without, with_aux in zip(*actors, strict=True):
        assert torch.equal(without, with_aux)


def retained():
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def updates(layer, n):
    optimizer = torch.optim.Adam(layer.parameters())
    x = torch.as_tensor(probe(8, 4))
    for i in range(n):
        optimizer.zero_grad()
        layer(x).square().mean().backward()
        optimizer.step()
        if i % 20 == 0:
            layer.advance(i / n)


def test_updates_of_no_layer_keep_a_graph():
    layers = []
    for gate, options in GATES.items():
        coefs = dict.fromkeys(losses_of(gate), 0.01)
        layers.append(MoELayer(4, 4, n_experts=4, aux_coefs=coefs, **options))
    for layer in layers:
        updates(layer, 2)
    before = retained()
    for layer in layers:
        updates(layer, 100)
    assert retained() <= before


def test_a_thousand_updates_of_an_algorithm_keep_no_graph():
    model = build(DQN, {"aux_coefs": {"load_balance": 0.01}}, net_arch=(8,))
    model.learn(128)
    model.train(gradient_steps=5, batch_size=8)
    before = retained()
    model.train(gradient_steps=1000, batch_size=8)
    assert retained() <= before


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_without_coefficients_nothing_is_added(algorithm):
    obs = torch.as_tensor(probe())
    model = build(algorithm, {})
    assert all(bool((gradient == 0).all()) for gradient in router_gradients(model, obs, 0.0))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("algorithm", [SAC, TD3])
def test_an_actors_loss_gives_the_actor_its_gradient_and_critics_none(algorithm, gate):
    """What SAC and TD3 would throw away is not computed; what they use is the same."""
    obs = torch.as_tensor(probe())
    model = build(algorithm, {**GATES[gate], "aux_coefs": {}})
    begin(model)
    critic, actions = model.policy.critic, torch.full((len(obs), 2), 0.5, requires_grad=True)
    torch.cat(critic(obs, actions), dim=1).sum().backward()
    assert all(p.grad is None for p in critic.parameters())
    assert all(p.requires_grad for p in critic.parameters())
    inputs = torch.cat([obs, actions], dim=1)
    through = [torch.autograd.grad(q(inputs).sum(), inputs)[0][:, -2:] for q in critic.q_networks]
    torch.testing.assert_close(actions.grad, sum(through))
