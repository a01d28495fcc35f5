"""Teachers with hidden experts, and students that learn them from noisy samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rewardlab.policies.dispatch import mixture
from rewardlab.policies.experts import Experts
from rewardlab.policies.layer import MoELayer

DIM, HIDDEN, N_EXPERTS, ACTIVE = 8, 16, 8, 3
N_TRUE, N_TEST, N_VALID, NOISE = 4, 4_000, 1_000, 0.1
STEPS, BATCH, RATE, JUDGED_EVERY, BALANCE = 2_000, 256, 5e-3, 50, 0.01
TEACHERS = ("clusters", "softmax", "sigmoid")


@dataclass(frozen=True)
class Data:
    """Inputs `(n, 9)` whose last column is 1, outputs `(n, 1)` and the true expert `(n,)`."""

    x: Tensor
    y: Tensor
    expert: Tensor


class Teacher:
    """`y = shared(x) + Σ_e g_e(x) f_e(x)` with four hidden tanh networks, scaled to variance 1.

    The gate is the cluster that x was drawn from ("clusters"), or a softmax or a normalised sigmoid
    of linear logits, all experts active.
    """

    def __init__(self, kind: str, seed: int) -> None:
        self.kind = kind
        self._random = torch.Generator().manual_seed(1000 + seed)
        self.centres = 1.5 * self._normal(N_TRUE, DIM)
        self.router = 2.0 * self._normal(DIM, N_TRUE)
        self.nets = [self._net() for _ in range(N_TRUE + 1)]
        y = self.draw(10_000).y
        self._mean, self._std = y.mean(), y.std()

    _mean: Tensor | float = 0.0
    _std: Tensor | float = 1.0

    def draw(self, n: int, noise: float = 0.0) -> Data:
        """Return `n` samples; equal teachers draw equal ones in the same order."""
        x, expert = self._normal(n, DIM), torch.zeros(n, dtype=torch.long)
        if self.kind == "clusters":
            expert = torch.randint(N_TRUE, (n,), generator=self._random)
            x = self.centres[expert] + x
            gates = nn.functional.one_hot(expert, N_TRUE).float()
        else:
            z = x @ self.router
            gates = (z if self.kind == "softmax" else nn.functional.logsigmoid(z)).softmax(-1)
            expert = gates.argmax(-1)
        outputs = [torch.tanh(x @ a) @ b for a, b in self.nets]
        routed = torch.cat(outputs[1:], dim=1)
        y = outputs[0] + (gates * routed).sum(1, keepdim=True)
        y = (y - self._mean) / self._std + noise * self._normal(n, 1)
        return Data(torch.cat([x, torch.ones(n, 1)], dim=1), y, expert)

    def _net(self, hidden: int = 8) -> tuple[Tensor, Tensor]:
        return self._normal(DIM, hidden) / DIM**0.5, self._normal(hidden, 1) / hidden**0.5

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._random)


class Told(nn.Module):
    """A mixture that is told the true expert: one of four, twice as wide, and a shared one."""

    def __init__(self) -> None:
        super().__init__()
        self.experts = Experts(N_TRUE, DIM + 1, 1, hidden=2 * HIDDEN, init="kaiming")
        self.shared = Experts(1, DIM + 1, 1, hidden=HIDDEN, init="kaiming")

    def forward(self, x: Tensor, expert: Tensor) -> Tensor:
        """Return `(n, 1)` for inputs `(n, 9)` of experts `(n,)`."""
        one = nn.functional.one_hot(expert, N_TRUE).float()
        return mixture(x, one, self.experts) + mixture(x, x.new_ones(len(x), 1), self.shared)


def _mixture(gate: str, n_shared: int = 0, **options: Any) -> MoELayer:
    options.setdefault("aux_coefs", {"load_balance": BALANCE})
    options.setdefault("n_experts", N_EXPERTS - n_shared)
    options.setdefault("expert_hidden", HIDDEN)
    return MoELayer(DIM + 1, 1, gate=gate, n_shared=n_shared, init="kaiming", **options)


def _frozen() -> MoELayer:
    layer = _mixture("softmax", top_k=ACTIVE)
    assert layer.gate.weight is not None
    nn.init.normal_(layer.gate.weight, std=(DIM + 1) ** -0.5).requires_grad_(False)
    return layer


def _uniform() -> MoELayer:
    layer = _mixture("dense", aux_coefs={})
    assert layer.gate.weight is not None
    nn.init.zeros_(layer.gate.weight).requires_grad_(False)
    return layer


def _width(n_experts: int) -> int:
    """Return the hidden units that cost as much as so many experts with the router of eight."""
    expert, unit = HIDDEN * (DIM + 3) + 1, DIM + 3
    return round((n_experts * expert + (DIM + 1) * N_EXPERTS - 1) / unit)


def _dense(n_experts: int) -> nn.Module:
    width = _width(n_experts)
    return nn.Sequential(nn.Linear(DIM + 1, width), nn.ReLU(), nn.Linear(width, 1))


STUDENTS: dict[str, Callable[[], nn.Module]] = {
    "softmax": lambda: _mixture("softmax", top_k=ACTIVE),
    "softmax + shared": lambda: _mixture("softmax", 1, top_k=ACTIVE - 1),
    "sigmoid": lambda: _mixture("sigmoid", top_k=ACTIVE),
    "sigmoid + shared": lambda: _mixture("sigmoid", 1, top_k=ACTIVE - 1),
    "dense, equal active": lambda: _dense(ACTIVE),
    "dense, equal total": lambda: _dense(N_EXPERTS),
    "one expert": lambda: _mixture(
        "softmax", n_experts=1, top_k=1, expert_hidden=_width(ACTIVE), aux_coefs={}
    ),
    "uniform gate": _uniform,
    "frozen random router": _frozen,
    "told the cluster": Told,
}


def parameters(name: str) -> int:
    """Return how many parameters a student learns or keeps."""
    return sum(p.numel() for p in STUDENTS[name]().parameters())


def error(teacher: str, student: str, n: int, seed: int) -> float:
    """Return a student's squared test error in units of the variance, best by validation."""
    source = Teacher(teacher, seed)
    test, valid, data = source.draw(N_TEST), source.draw(N_VALID, NOISE), source.draw(n, NOISE)
    torch.manual_seed(seed)
    net, order = STUDENTS[student](), np.random.default_rng(seed)
    learned = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    best, found = np.inf, np.nan
    for step in range(1, STEPS + 1):
        rows = torch.from_numpy(order.integers(n, size=BATCH))
        out = _call(net, data.x[rows], data.expert[rows])
        optimizer.zero_grad()
        (out - data.y[rows]).square().mean().backward()
        optimizer.step()
        schedule.step()
        if step % JUDGED_EVERY == 0 and (judged := _mse(net, valid)) < best:
            best, found = judged, _mse(net, test)
    return float(found)


def _call(net: nn.Module, x: Tensor, expert: Tensor) -> Tensor:
    out: Tensor = net(x, expert) if isinstance(net, Told) else net(x)
    return out


@torch.no_grad()
def _mse(net: nn.Module, data: Data) -> float:
    return float((_call(net, data.x, data.expert) - data.y).square().mean())
