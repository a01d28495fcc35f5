"""Which networks `benchmarks/moe_mixtures.py` compares, and how they are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WIDTH = 64
"""Of an expert's hidden layer and of the layer's output."""
EXPERTS, ACTIVE = 8, 2


@dataclass(frozen=True)
class Budget:
    """How a mixture of tasks is trained.

    Attributes:
        steps: Environment steps over all tasks.
        ppo: Arguments of PPO.
        normalize: Whether observations and rewards are normalised.
        policy: Arguments of the policy beside its networks.
        n_envs: Environments stepped together, as many of each task.
    """

    steps: int
    ppo: dict[str, Any]
    normalize: bool = False
    policy: dict[str, Any] = field(default_factory=dict)
    n_envs: int = 8


BUDGETS = {
    "cartpole": Budget(
        60_000,
        {
            "n_steps": 32, "batch_size": 256, "n_epochs": 20, "learning_rate": 1e-3,
            "gamma": 0.98, "gae_lambda": 0.8,
        },
    ),
    "pendulum": Budget(
        150_000,
        {
            "n_steps": 256, "batch_size": 256, "n_epochs": 10, "learning_rate": 1e-3,
            "gamma": 0.9, "gae_lambda": 0.95,
        },
        normalize=True,
    ),
    "metaworld": Budget(
        180_000,
        {
            "n_steps": 256, "batch_size": 256, "n_epochs": 10, "learning_rate": 5e-4,
            "gamma": 0.97,
        },
        normalize=True,
        policy={"log_std_init": -0.5},
        n_envs=9,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Arm:
    """A network that is compared.

    Attributes:
        moe: Options of the mixture; `None` for a dense network.
        widths: Hidden layers of a dense network.
        router: How the router is set and frozen: `"uniform"`, `"random"` or `"task"`; or learned.
        says: What it is, in words of the table.
    """

    moe: dict[str, Any] | None = None
    widths: tuple[int, ...] = (WIDTH,)
    router: str = ""
    says: str = ""


def mixture(gate: str, **options: Any) -> dict[str, Any]:
    """Return options of eight experts of which two are active."""
    experts = {"n_experts": EXPERTS, "expert_hidden": WIDTH}
    return {"gate": gate, **experts, **options}


_TOP2 = {"top_k": ACTIVE}
_BALANCED = {"aux_coefs": {"load_balance": 0.01}}

ARMS = {
    "dense": Arm(widths=(ACTIVE * WIDTH, WIDTH), says="MLP of equal active size"),
    "dense, total": Arm(widths=(EXPERTS * WIDTH, WIDTH), says="MLP of equal total size"),
    "one expert": Arm(
        mixture("softmax", n_experts=1, top_k=1, expert_hidden=ACTIVE * WIDTH),
        says="the same code with E = 1, of equal active size",
    ),
    "uniform": Arm(mixture("dense"), router="uniform", says="all experts, each 1/8, for ever"),
    "random": Arm(mixture("softmax", **_TOP2), router="random", says="a random router, frozen"),
    "by task": Arm(mixture("softmax", **_TOP2), router="task", says="two experts for each task"),
    "softmax": Arm(mixture("softmax", **_TOP2), says="top 2"),
    "softmax, balanced": Arm(
        mixture("softmax", **_TOP2, **_BALANCED), says="top 2, load balance 0.01"
    ),
    "sigmoid": Arm(mixture("sigmoid", **_TOP2), says="top 2, normalised sigmoid"),
    "sigmoid, shared": Arm(
        mixture("sigmoid", **_TOP2, n_shared=1) | {"expert_hidden": 43},
        says="top 2 and one shared, of equal active size",
    ),
    "prototype": Arm(
        mixture("prototype", n_prototypes=2), says="two prototypes of four, top 1 each"
    ),
    "expert choice": Arm(
        mixture("expert_choice", capacity_factor=float(ACTIVE)),
        says="threshold form, two on average",
    ),
    "modified softmax": Arm(mixture("modified_softmax", **_TOP2), says="tanh, top 2"),
    "dts": Arm(mixture("dts"), says="dense to sparse"),
    "dynmole": Arm(mixture("dynmole"), says="Tsallis hybrid, corrected rule"),
}
