import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces.utils import flatten

from rewardlab.shapers.nets import ActionEncoder, Encoder, RunningMoments, minibatches, mlp

SPACES = {
    "box": gym.spaces.Box(-1, 1, (2, 3)),
    "discrete": gym.spaces.Discrete(4, start=-1),
    "many": gym.spaces.MultiDiscrete([3, 2]),
    "bits": gym.spaces.MultiBinary(5),
}


@pytest.mark.parametrize("name", [*SPACES, "all"])
def test_rows_are_those_of_gymnasiums_flatten_for_one_element(name):
    space = gym.spaces.Dict(SPACES) if name == "all" else SPACES[name]
    space.seed(0)
    drawn = [space.sample() for _ in range(6)]
    if name == "all":
        batch = {key: np.stack([one[key] for one in drawn]) for key in drawn[0]}
    else:
        batch = np.stack(drawn)
    rows = Encoder(space)(batch)
    assert rows.shape == (6, Encoder(space).width)
    np.testing.assert_allclose(rows, [flatten(space, one) for one in drawn])


def test_discrete_values_may_lie_in_a_column_as_replay_buffers_keep_them():
    rows = Encoder(gym.spaces.Discrete(3))(np.array([[2], [0]]))
    assert rows.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_networks_come_from_their_generator_alone():
    before = torch.get_rng_state()
    one, two = (mlp([3, 8, 2], torch.Generator().manual_seed(5)) for _ in range(2))
    other = mlp([3, 8, 2], torch.Generator().manual_seed(6))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one[0].weight, two[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)


def test_a_last_gain_of_zero_answers_zero():
    net = mlp([3, 8, 2], torch.Generator().manual_seed(0), last_gain=0.0)
    assert not net(torch.ones(4, 3)).any()


def test_minibatches_hold_everything_once_per_epoch():
    found = list(minibatches(7, 3, 2, torch.Generator().manual_seed(0)))
    assert [len(rows) for rows in found] == [3, 3, 1, 3, 3, 1]
    for epoch in (found[:3], found[3:]):
        assert sorted(torch.cat(epoch).tolist()) == list(range(7))
    assert torch.cat(found[:3]).tolist() != torch.cat(found[3:]).tolist()


def test_moments_of_parts_are_those_of_the_whole():
    rng = np.random.default_rng(0)
    rows = 1e6 + rng.normal(size=(100, 3)) * [1.0, 10.0, 0.0]
    moments = RunningMoments(3)
    for part in np.split(rows, [1, 4, 60]):
        moments.update(part)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0))
    np.testing.assert_allclose(moments.std, rows.std(axis=0), rtol=1e-6, atol=1e-6)


def test_whitened_rows_are_deviations_within_bounds():
    moments = RunningMoments(2)
    assert moments.whiten(np.array([[7.0, -0.5]]), 5.0).tolist() == [[5.0, -0.5]]
    moments.update(np.array([[0.0, 1.0], [2.0, 1.0]]))
    rows = moments.whiten(np.array([[3.0, 1.0], [100.0, 1.5]]), 5.0)
    np.testing.assert_allclose(rows, [[2.0, 0.0], [5.0, 5.0]], rtol=1e-6)


def test_bounded_actions_are_scaled_and_others_stay():
    box = gym.spaces.Box(np.array([-2.0, 0.0]), np.array([6.0, 10.0]), dtype=np.float64)
    rows = ActionEncoder(box)(np.array([[-2.0, 10.0], [2.0, 5.0]]))
    assert rows.tolist() == [[-1.0, 1.0], [0.0, 0.0]]
    free = gym.spaces.Box(-np.inf, np.inf, (1,))
    assert ActionEncoder(free)(np.array([[7.0]])).tolist() == [[7.0]]
    assert ActionEncoder(gym.spaces.Discrete(2))(np.array([1])).tolist() == [[0.0, 1.0]]
