"""What `policy_kwargs["moe"]` may say, read once and checked before anything is built."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from rewardlab.errors import ConfigError, UnknownName, UsageError
from rewardlab.policies.gates.make import check_options, gate_class
from rewardlab.policies.layer import MoELayer
from rewardlab.policies.sb3.pretrained import Expert, expert
from rewardlab.values import read_value

Place = Literal["trunk", "features", "head"]
PLACES: tuple[Place, ...] = get_args(Place)
PARTS = ("actor", "critic")
_OWN = ("place", *PARTS, "experts", "frozen")


@dataclass(frozen=True)
class MoeOptions:
    """A mixture of experts in a policy.

    Attributes:
        given: What was given, from which the policy is built again when it is loaded.
        place: Which layer of a network is the mixture: `"trunk"` its last hidden layer,
            `"features"` its first one, whose gate sees the features themselves, or `"head"` its
            output.
        actor: Arguments of `MoELayer` in the actor, or `None` for a dense network.
        critic: The same in critics and value networks.
        experts: Trained policies that are the actor's experts instead of new networks.
        frozen: Whether they stay as they are.
    """

    given: Mapping[str, Any]
    place: Place
    actor: Mapping[str, Any] | None
    critic: Mapping[str, Any] | None
    experts: tuple[Expert, ...] = ()
    frozen: bool = True


def read_options(moe: Mapping[str, Any] | None) -> MoeOptions:
    """Return what a mapping asks for.

    ```
    dict(gate="softmax", n_experts=8, top_k=2, n_shared=0, …,    # arguments of MoELayer
         place="trunk",
         actor=dict(…) | False, critic=dict(…) | False)          # other arguments there, or dense
    dict(experts=[…], frozen=True, gate=…, …)                    # see `MoePolicy.from_experts`
    ```

    Raises:
        UsageError: It is no mapping, or something in it does not exist; the closest is named.
    """
    given = {} if moe is None else moe
    if not isinstance(given, Mapping):
        raise UsageError(f"moe is a mapping such as dict(gate='softmax', n_experts=8), got {moe!r}")
    place = given.get("place", "trunk")
    if place not in PLACES:
        raise UnknownName("place of a mixture", str(place), PLACES)
    gate = str(given.get("gate", "softmax"))
    check_options(gate, given, [*_kinds(gate), *_OWN], "moe")
    common = {key: value for key, value in given.items() if key not in _OWN}
    if "experts" in given:
        return _of_experts(given, common)
    actor, critic = (_part(part, given.get(part), common) for part in PARTS)
    if actor is None and critic is None:
        raise UsageError("moe has neither an actor nor a critic left: use MlpPolicy")
    return MoeOptions(dict(given), place, actor, critic)


def _of_experts(given: Mapping[str, Any], common: Mapping[str, Any]) -> MoeOptions:
    """Return a mixture of trained policies in the actor; its critic is dense unless it says more.

    By default all of them count, weighted by a softmax.
    """
    unused = () if common.get("n_shared") else ("expert_hidden",)
    for key in ("place", "n_experts", "dispatch", *unused):
        if key in given:
            raise UsageError(f"moe's experts are whole policies: leave {key} out")
    trained = given["experts"]
    if not isinstance(trained, list | tuple) or len(trained) < 2:
        raise UsageError(f"moe's experts are a list of at least two policies, got {trained!r}")
    experts = tuple(expert(one, f"expert {i}") for i, one in enumerate(trained))
    if common.get("gate", "softmax") == "softmax":
        common = {"top_k": len(experts), **common}
    actor = _part("actor", given.get("actor"), common)
    if actor is None:
        raise UsageError("moe's experts are those of the actor, which cannot be False then")
    if actor.get("gate") == "soft" or actor.get("spawn_at"):
        raise UsageError(
            "moe's experts are trained policies of whole states: gate 'soft', which cuts states "
            "into tokens, and spawn_at, which copies the first expert, are not for them"
        )
    critic = _part("critic", given.get("critic", False), {})
    frozen = read_value(given.get("frozen", True), bool, "moe: frozen")
    return MoeOptions({**given, "experts": experts}, "trunk", actor, critic, experts, frozen)


def _part(name: str, own: Any, common: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of `MoELayer` in a part: its own over the common ones."""
    if own is False:
        return None
    if not (own is None or own is True or isinstance(own, Mapping)):
        raise UsageError(f"moe's {name} is a mapping of its own options, or False, got {own!r}")
    mine = own if isinstance(own, Mapping) else {}
    gate = mine.get("gate", common.get("gate", "softmax"))
    kinds = _kinds(gate)
    check_options(str(gate), mine, kinds, f"moe's {name}")
    if gate != common.get("gate", "softmax"):  # options of the other gate mean nothing to this one
        common = {key: value for key, value in common.items() if key in _keywords(MoELayer)}
    options = {**common, **mine}
    read = {key: _read(value, kinds[key], f"moe: {key}") for key, value in options.items()}
    coefs = (read.get("aux_coefs") or {}).items()
    kind = float | Sequence[float]
    numbers = {loss: _read(coef, kind, f"moe: aux_coefs: {loss}") for loss, coef in coefs}
    return {**read, "aux_coefs": numbers}


def _read(value: Any, kind: Any, where: str) -> Any:
    read = read_value(value, kind, where)
    numbers = read if isinstance(read, list) else [read]
    if any(isinstance(number, float) and math.isinf(number) for number in numbers):
        raise ConfigError(f"{where} cannot be {value!r}; give a finite number")
    return read


def _kinds(gate: Any) -> dict[str, Any]:
    """Return the annotations of all arguments of a layer with that gate."""
    options = _keywords(gate_class(str(gate)))
    del options["dim"]
    return {**options, **_keywords(MoELayer)}


def _keywords(made: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(made.__init__)
    parameters = inspect.signature(made).parameters.values()
    named = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    return {name: hints.get(name, Any) for name in named}
