"""What the mixtures of experts of a trained policy do in the states that it visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rewardlab.errors import UsageError
from rewardlab.evaluation.curves import Array, Curves, read_curves
from rewardlab.evaluation.mixturecosts import Cost, cost
from rewardlab.evaluation.visited import plane, visited

if TYPE_CHECKING:
    from rewardlab.policies.layer import MoELayer
    from rewardlab.policies.sb3.routing import Routing
    from rewardlab.training.run import Run

COLLAPSED = 0.5
"""Below this utilisation a router counts as collapsed: as if half of the experts idled."""


@dataclass(frozen=True)
class Mixture:
    """One mixture in the N visited states.

    Attributes:
        gate: Name of its gate.
        labels: Names of its experts, which are numbers unless they are trained policies.
        weights: `(N, E)`.
        load: `(E,)` share of the states that use an expert.
        ideal: What each load would be if all were equal.
        utilisation: Jain's index of the weights, (0, 1].
        entropy: Of the gate's probabilities [nats].
        information: I(task; expert) [nats]; `None` without tasks.
        cost: What it costs.
        curves: Steps and values of what was logged along training, and the saturation.
        advice: How the gate can be made to use more experts.
    """

    gate: str
    labels: tuple[str, ...]
    weights: Array
    load: Array
    ideal: float
    utilisation: float
    entropy: float
    information: float | None
    cost: Cost
    curves: Mapping[str, tuple[Array, Array]]
    advice: str

    @property
    def dead(self) -> tuple[str, ...]:
        """Experts that no visited state uses."""
        return tuple(label for label, load in zip(self.labels, self.load, strict=True) if load == 0)

    @property
    def learned(self) -> float:
        """Utilisation by weight in training's last passes; of visited states if none was logged."""
        if "weight_utilisation" not in self.curves:
            return self.utilisation
        return float(self.curves["weight_utilisation"][1][-1])

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "gate": self.gate,
            "experts": list(self.labels),
            **self.cost._asdict(),
            "load": self.load.tolist(),
            "ideal_load": self.ideal,
            "utilisation": self.utilisation,
            "training_utilisation": self.learned,
            "dead_experts": list(self.dead),
            "max_load": float(self.load.max() / self.ideal),
            "routing_entropy": self.entropy,
            "task_information": self.information,
            "logged": {name: float(values[-1]) for name, (_, values) in self.curves.items()},
        }


@dataclass(frozen=True)
class Mixtures:
    """All mixtures of a policy in the states that it visits.

    Attributes:
        title: Whose they are.
        mixtures: By name, such as `actor`.
        points: `(N, 2)` the states' two main directions.
        explained: Share of the states' variance in each of them.
        tasks: `(N,)` the task of each state, or `None`.
    """

    title: str
    mixtures: Mapping[str, Mixture]
    points: Array
    explained: tuple[float, float]
    tasks: npt.NDArray[np.int64] | None

    @property
    def warnings(self) -> list[str]:
        """What is wrong with the routing, in plain words."""
        found = []
        for name, one in self.mixtures.items():
            n = len(one.labels)
            if n > 1 and one.learned < COLLAPSED:
                found.append(
                    f"{name}: routing has collapsed: as if {one.learned * n:.1f} of {n} experts "
                    f"shared the work in training's last updates; try {one.advice}, "
                    "or fewer experts"
                )
            elif one.dead:
                found.append(
                    f"{name}: no visited state uses expert {', '.join(one.dead)}: fewer may do; "
                    f"to use all of them try {one.advice}"
                )
        return found

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "what": self.title,
            "states": len(self.points),
            "mixtures": {name: one.to_json() for name, one in self.mixtures.items()},
            "warnings": self.warnings,
        }


def inspect(run: Run, *, episodes: int = 5, seed: int = 0, task_columns: int = 0) -> Mixtures:
    """Return what a finished run's mixtures do in the states of some episodes.

    Args:
        run: The run.
        episodes: How many episodes, at least 1.
        seed: Fixes them.
        task_columns: So many last columns of observations tell the task, one-hot.

    Raises:
        UsageError: It has no final policy, that has no mixture, or observations no such columns.
    """
    from rewardlab.policies import metrics
    from rewardlab.policies.sb3 import routing as sb3
    from rewardlab.policies.sb3.policy import MoePolicy

    if episodes < 1:
        raise UsageError(f"--episodes must be at least 1, got {episodes}")
    policy = run.load_policy()
    model = policy.model
    layers = sb3.parts(model) if isinstance(model, MoePolicy) else {}
    if not isinstance(model, MoePolicy) or not layers:
        raise UsageError(
            f"the policy of run {run.id} has no mixture of experts: train one with --moe, e.g. "
            f"rewardlab train {run.config.task} --moe gate=softmax --moe n_experts=4"
        )
    raw = visited(run, policy, episodes=episodes, seed=seed)
    _check_tasks(raw, task_columns)
    obs = policy.normalized(raw) if isinstance(raw, np.ndarray) else raw
    tasks = sb3.task_ids(raw, task_columns) if task_columns else None
    logged = read_curves(run.path / "progress.csv")
    kept = _saturation(run, layers)
    mixtures = {}
    for name, routed in sb3.routing(model, obs).items():
        told = None if tasks is None else metrics.task_information(routed.weights, tasks)
        curves = _curves(logged, name) | kept.get(name, {})
        mixtures[name] = _mixture(layers[name], routed, told, curves, _labels(run, layers[name]))
    points, explained = plane(obs)
    title = f"{run.id}: {run.config.algo.upper()} on {run.config.task}"
    return Mixtures(title, mixtures, points, explained, None if tasks is None else tasks.numpy())


def _check_tasks(raw: Any, columns: int) -> None:
    """Raise `UsageError` unless the last columns of observations are one-hot."""
    if columns == 0:
        return
    flat = isinstance(raw, np.ndarray) and raw.ndim == 2 and 0 < columns <= raw.shape[1]
    last = raw[:, -columns:] if flat else np.zeros((1, 1))
    if not (np.isin(last, (0, 1)).all() and (last.sum(axis=1) == 1).all()):
        raise UsageError(
            f"--task-columns {columns}: observations do not end in so many columns of which one "
            "is 1 and the others 0; say how many tell the task, or leave it out"
        )


def _mixture(
    layer: MoELayer,
    routed: Routing,
    told: float | None,
    curves: Mapping[str, tuple[Array, Array]],
    labels: tuple[str, ...],
) -> Mixture:
    from rewardlab.policies import metrics

    load = routed.mask.double().mean(0).numpy()
    return Mixture(
        gate=layer.gate.name,
        labels=labels,
        weights=routed.weights.double().numpy(),
        load=load,
        ideal=float(load.mean()),
        utilisation=metrics.utilisation(routed.weights.sum(0)),
        entropy=metrics.routing_entropy(routed.probs),
        information=told,
        cost=cost(layer, float(load.sum())),
        curves=curves,
        advice=_advice(layer),
    )


def _advice(layer: MoELayer) -> str:
    losses = layer._loss_names()
    known = next((n for n in ("load_balance", "balance", "importance") if n in losses), None)
    ways = [f'aux_coefs={{"{known}": 0.01}}'] if known else []
    if hasattr(layer.gate, "balance_rate"):
        ways.append("balance_rate=1e-3")
    return " or ".join(ways)


def _labels(run: Run, layer: MoELayer) -> tuple[str, ...]:
    """Return names of experts: numbers, or the runs that they were trained in."""
    moe = run.config.policy_kwargs.get("moe") or {}
    names = moe.get("experts") if hasattr(layer, "policies") else None
    return tuple(map(str, names or range(layer.n_experts)))


def _curves(logged: Curves, name: str) -> dict[str, tuple[Array, Array]]:
    prefix = f"moe/{name}/"
    found = {
        column.removeprefix(prefix): logged.get(column)
        for column in logged.columns
        if column.startswith(prefix)
    }
    return {key: curve for key, curve in found.items() if len(curve[1])}


def _saturation(
    run: Run, layers: Mapping[str, MoELayer]
) -> dict[str, dict[str, tuple[Array, Array]]]:
    """Return how much of the last choices was made at each step, where choices were kept."""
    from rewardlab.policies import metrics
    from rewardlab.policies.sb3.callback import unpacked
    from rewardlab.training import tensors

    path = run.path / "moe.npz"
    if not path.exists():
        return {}
    data = tensors.load(path)
    steps = np.asarray(data["steps"], np.float64)
    found = {}
    for name, layer in layers.items():
        masks = [unpacked(kept, layer.n_experts) for kept in data["choices"].get(name, ())]
        values = np.array([metrics.saturation(mask, masks[-1]) for mask in masks])
        if len(values):
            found[name] = {"saturation": (steps, values)}
    return found
