"""Fitting a policy to samples of all kinds at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from rewardlab.e2cl.encoding import Encoder, Query, positions
from rewardlab.e2cl.network import PolicyNetwork, Scene
from rewardlab.e2cl.policy import Policy, copied
from rewardlab.e2cl.samples import Sample

BATCH, RATE, DECAY, WARMUP, FLOOR = 64, 2e-3, 1e-2, 30, 0.05


class Targets(NamedTuple):
    """What B samples ask for; -1 where there is none.

    Attributes:
        verb: To take, or of the action that is judged (B,).
        first: Place of its first object (B,).
        second: Place of its second object (B,).
        answer: Kind of answer to foresee (B,); -1 where an action is asked for.
    """

    verb: torch.Tensor
    first: torch.Tensor
    second: torch.Tensor
    answer: torch.Tensor


class Fitted(NamedTuple):
    """A policy and its loss at each step (steps,)."""

    policy: Policy
    losses: tuple[float, ...]


def fit(
    policy: Policy,
    samples: Sequence[Sample],
    steps: int,
    *,
    seed: int,
) -> Fitted:
    """Return a copy of a policy, fitted to samples; the policy itself stays.

    AdamW at 2e-3 (decay 1e-2), 30 steps of warm-up, then linearly to 5 %; batches of 64 from
    permutations of all samples. The outcome follows from its arguments, on one thread to the bit.

    Args:
        policy: Where to start.
        samples: Of any kinds, at least one.
        steps: How many batches.
        seed: Fixes batches and dropout.
    """
    policy = copied(policy)
    net, encoder = policy.net.train(), policy.encoder
    unique = {id(sample.view): sample.view for sample in samples}
    views = {key: encoder.view(view) for key, view in unique.items()}
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: _rate(i, steps))
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        batches = _batches(len(samples), np.random.default_rng(seed))
        for chosen in islice(batches, steps):
            picked = [samples[i] for i in chosen]
            batch = encoder.batch(
                [Query(s.view, s.failed, s.error) for s in picked],
                [views[id(s.view)] for s in picked],
            )
            value = loss(net, net.scene(batch), targets(encoder, picked))
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(value.item())
    net.eval()
    return Fitted(policy, tuple(losses))


def targets(encoder: Encoder, samples: Sequence[Sample]) -> Targets:
    """Return what samples ask for."""
    places = [(*positions(s.view, s.action), -1, -1)[:2] for s in samples]
    return Targets(
        verb=torch.tensor([encoder.verb[s.action.verb] for s in samples]),
        first=torch.tensor([first for first, _ in places]),
        second=torch.tensor([second for _, second in places]),
        answer=torch.tensor([-1 if s.answer is None else encoder.kind[s.answer] for s in samples]),
    )


def loss(net: PolicyNetwork, scene: Scene, asked: Targets) -> torch.Tensor:
    """Return the mean over samples of their negative log-likelihood.

    Of an action: of its verb, plus those of its objects; of an answer: of its kind.
    """
    acts = asked.answer < 0
    total = scene.whole.new_zeros(())
    for head, chosen in (
        (_verb, acts),
        (_first, acts & (asked.first >= 0)),
        (_second, acts & (asked.second >= 0)),
        (_answer, ~acts),
    ):
        if chosen.any():  # heads that nothing asks of get no gradient, not even zeros
            part = Targets(*(value[chosen] for value in asked))
            total = total + head(net, Scene(*(value[chosen] for value in scene)), part)
    return total / len(acts)


def _verb(net: PolicyNetwork, scene: Scene, asked: Targets) -> torch.Tensor:
    return _nll(net.verb_logits(scene), asked.verb)


def _first(net: PolicyNetwork, scene: Scene, asked: Targets) -> torch.Tensor:
    return _nll(net.first_logits(scene, asked.verb), asked.first)


def _second(net: PolicyNetwork, scene: Scene, asked: Targets) -> torch.Tensor:
    return _nll(net.second_logits(scene, asked.verb, asked.first), asked.second)


def _answer(net: PolicyNetwork, scene: Scene, asked: Targets) -> torch.Tensor:
    return _nll(net.feedback_logits(scene, asked.verb, asked.first, asked.second), asked.answer)


def _nll(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits, wanted, reduction="sum")


def _batches(n: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """Yield batches of permutations of n, without end."""
    waiting: list[int] = []
    while True:
        while len(waiting) < BATCH:
            waiting += rng.permutation(n).tolist()
        yield waiting[:BATCH]
        waiting = waiting[BATCH:]


def _rate(step: int, steps: int) -> float:
    """Return the share of the learning rate at a step, from 0."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    return max(FLOOR, 1 - (1 - FLOOR) * (step - WARMUP) / max(1, steps - WARMUP))
