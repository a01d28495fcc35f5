"""The dense gate weighs every expert by a softmax."""

import torch

from rewardlab.policies import make_gate


def test_every_expert_counts_by_the_softmax() -> None:
    z = torch.randn(5, 4, dtype=torch.float64)
    routed = make_gate("dense", 4).route(z)
    torch.testing.assert_close(routed.weights, z.softmax(1))
    assert routed.mask.all()
    assert routed.indices is not None
    assert torch.equal(routed.indices[:, 0], z.argmax(1))
