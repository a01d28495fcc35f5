"""Gates by name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from rewardlab.config import check_keys
from rewardlab.errors import UnknownName, UsageError
from rewardlab.policies.gates.base import Gate
from rewardlab.policies.gates.dense import DenseGate
from rewardlab.policies.gates.dts import DTSGate
from rewardlab.policies.gates.dynmole import DynMoLEGate
from rewardlab.policies.gates.expert_choice import ExpertChoiceGate
from rewardlab.policies.gates.modified_softmax import ModifiedSoftmaxGate
from rewardlab.policies.gates.prototype import PrototypeGate
from rewardlab.policies.gates.sigmoid import SigmoidGate
from rewardlab.policies.gates.soft import SoftGate
from rewardlab.policies.gates.softmax import SoftmaxGate

GATES: MappingProxyType[str, type[Gate]] = MappingProxyType(
    {
        gate.name: gate
        for gate in (
            SoftmaxGate,
            PrototypeGate,
            ExpertChoiceGate,
            SigmoidGate,
            ModifiedSoftmaxGate,
            DTSGate,
            DynMoLEGate,
            SoftGate,
            DenseGate,
        )
    }
)
"""Every gate by its name."""


def gate_class(name: str) -> type[Gate]:
    """Return a gate's class.

    Raises:
        UnknownName: There is none; the message lists the closest.
    """
    if name not in GATES:
        raise UnknownName("gate", str(name), GATES)
    return GATES[name]


def gate_options(name: str) -> list[str]:
    """Return the options of a gate."""
    parameters = inspect.signature(gate_class(name)).parameters
    return [key for key in parameters if key not in _OURS]


def check_options(name: str, given: Iterable[str], known: Iterable[str], where: str) -> None:
    """Refuse options that are not known, saying of which other gate they are.

    Raises:
        UsageError: An option of another gate.
        ConfigError: One that no gate has; the closest is named.
    """
    known = list(known)
    for key in given:
        others = [other for other in GATES if key in gate_options(other)]
        if key not in known and others:
            of = f"of gate {', '.join(map(repr, others))}"
            raise UsageError(f"{where}: {key!r} is an option {of}, not of {name!r}")
    check_keys(dict.fromkeys(given), known, where)


def make_gate(name: str, n_experts: int, *, dim: int | None = None, **options: Any) -> Gate:
    """Return a gate.

    Args:
        name: `softmax prototype expert_choice sigmoid modified_softmax dts dynmole soft dense`.
        n_experts: `E`.
        dim: Width of a token; without it only `route` can be called.
        options: The gate's own, such as `top_k`; see its class.

    Raises:
        UnknownName: No such gate.
        UsageError: An option that it does not take (the closest is named), or one out of range.
    """
    made = gate_class(name)
    check_options(name, options, gate_options(name), f"options of gate {name!r}")
    if not isinstance(n_experts, int) or isinstance(n_experts, bool) or n_experts < 1:
        raise UsageError(f"n_experts is a whole number from 1 on, got {n_experts!r}")
    return made(n_experts, dim=dim, **options)


_OURS = ("n_experts", "dim")
