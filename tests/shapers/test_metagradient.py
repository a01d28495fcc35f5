import numpy as np
import pytest
import torch

from rewardlab.shapers.metagradient import (
    Batch,
    adam_ascent,
    meta_step,
    no_moments,
    sums_ahead,
    sums_behind,
)

N_STATES, N_ACTIONS, LR, CLIP = 2, 2, 0.3, 0.2


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def log_prob(params, obs, actions):
    """A softmax policy over two states; the second weight bends it, so that nothing is linear."""
    logits = torch.log_softmax(params["w"][obs] + torch.tanh(params["v"][obs]) ** 2, dim=1)
    return logits[torch.arange(len(obs)), actions]


def problem(seed, n=40):
    """Random steps of a two-state problem: parameters, moments of earlier gradients, a batch."""
    rng = np.random.default_rng(seed)
    params = {name: torch.as_tensor(rng.normal(size=(N_STATES, N_ACTIONS))) for name in "wv"}
    moments = no_moments(params)
    for _ in range(3):
        past = {name: torch.as_tensor(rng.normal(size=(N_STATES, N_ACTIONS))) for name in "wv"}
        _, moments = adam_ascent(params, past, moments, lr=LR)
    obs = torch.as_tensor(rng.integers(N_STATES, size=n))
    actions = torch.as_tensor(rng.integers(N_ACTIONS, size=n))
    old = log_prob(params, obs, actions) + torch.as_tensor(0.05 * rng.normal(size=n))
    inner, outer = (torch.as_tensor(rng.normal(size=n)) for _ in range(2))
    return params, moments, Batch(obs, actions, old, inner, outer)


def objective_of(beta, params, moments, batch, decay):
    """Take the inner step with rewards β(s, a) and say what it gains, all anew."""
    rewards = beta[batch.obs.numpy(), batch.actions.numpy()].reshape(decay.shape)
    inner = torch.as_tensor(sums_ahead(rewards, decay).ravel()) + batch.inner
    return meta_step(log_prob, params, moments, batch._replace(inner=inner), lr=LR, clip=CLIP)


@pytest.mark.parametrize("seed", range(4))
def test_the_outer_gradient_is_the_finite_difference_of_the_outer_objective(seed):
    """β is a reward per state and action; its gradient passes through GAE and the Adam step."""
    params, moments, batch = problem(seed)
    rng = np.random.default_rng(seed)
    decay = 0.9 * (rng.random((4, 10)) < 0.8)
    decay[:, -1] = 0.0
    beta = rng.normal(size=(N_STATES, N_ACTIONS))
    step = objective_of(beta, params, moments, batch, decay)
    by_reward = sums_behind(step.gradient.numpy().reshape(decay.shape), decay).ravel()
    gradient = np.zeros_like(beta)
    np.add.at(gradient, (batch.obs.numpy(), batch.actions.numpy()), by_reward)
    h = 1e-5
    for at in np.ndindex(beta.shape):
        nudge = np.zeros_like(beta)
        nudge[at] = h
        up = objective_of(beta + nudge, params, moments, batch, decay).objective
        down = objective_of(beta - nudge, params, moments, batch, decay).objective
        assert gradient[at] == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-8)
    assert np.abs(gradient).max() > 1e-5  # zeros would agree with anything


def test_the_step_is_the_one_that_torch_takes():
    params, _, _ = problem(0)
    theta = [value.clone().requires_grad_() for value in params.values()]
    optimizer = torch.optim.Adam(theta, lr=LR, eps=1e-5)
    moments = no_moments(params)
    for i in range(5):
        gradient = {name: torch.full_like(value, 0.3 * i - 0.5) for name, value in params.items()}
        for value, part in zip(theta, gradient.values(), strict=True):
            value.grad = -part
        optimizer.step()
        params, moments = adam_ascent(params, gradient, moments, lr=LR)
    for value, found in zip(theta, params.values(), strict=True):
        torch.testing.assert_close(found, value.detach(), rtol=1e-12, atol=1e-12)


def test_sums_ahead_and_behind_are_transposed():
    rng = np.random.default_rng(0)
    decay = rng.random((3, 7))
    decay[:, -1] = 0.0
    x, y = rng.normal(size=(2, 3, 7))
    assert np.sum(sums_ahead(x, decay) * y) == pytest.approx(np.sum(x * sums_behind(y, decay)))


def test_sums_ahead_are_discounted_returns_that_stop_where_episodes_end():
    decay = np.array([[0.5, 0.0, 0.5, 0.0]])
    assert sums_ahead(np.array([[1.0, 2.0, 3.0, 4.0]]), decay).tolist() == [[2.0, 2.0, 5.0, 4.0]]


def test_a_step_keeps_no_graph_and_changes_no_argument():
    params, moments, batch = problem(1)
    before = {name: value.clone() for name, value in params.items()}
    step = meta_step(log_prob, params, moments, batch, lr=LR, clip=CLIP)
    kept = [*step.params.values(), *step.moments.mean.values(), *step.moments.square.values()]
    assert all(value.grad_fn is None for value in [*kept, step.gradient])
    assert all(torch.equal(params[name], before[name]) for name in params)
