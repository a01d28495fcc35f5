"""Policies of earlier runs as experts of a new one.

```
experts/0/, 1/ …    run.json  config.yaml  spaces.json  final/     of each, in the new run's folder
```
The new run keeps copies, so that it needs nothing else when it goes on or is evaluated.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardlab.config import RunConfig
from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.store.files import storage_error
from rewardlab.training import algorithms
from rewardlab.training.run import Run

_FILES = ("run.json", "config.yaml", "spaces.json")
_FOLDERS = ("final", "experts")


def experts_of(kwargs: Mapping[str, Any], out: str | Path) -> list[Run]:
    """Return the runs that `moe`'s `experts` name, each by folder, name or as an open `Run`.

    Raises:
        UsageError: Something else is among them, or a run without a final policy.
        UnknownName: No such run.
    """
    moe = kwargs.get("moe")
    named = moe.get("experts") if isinstance(moe, Mapping) else None
    if named is None:
        return []
    if not isinstance(named, list | tuple):
        raise UsageError(f"moe's experts are a list of runs, got {named!r}")
    for one in named:
        if not isinstance(one, Run | str | Path):
            raise UsageError(
                f"moe's experts are runs of rewardlab here, got {one!r}: a model can be an expert "
                "of a model, with MoePolicy.from_experts"
            )
    runs = [Run.open(one, out=out) for one in named]
    for run in runs:
        run.load_policy()
    return runs


def check(config: RunConfig, task: Task, experts: list[Run]) -> None:
    """Build a policy with a mixture once, so that a run that could not train has no folder.

    Raises:
        UsageError: Options that do not exist or do not fit, or experts with other spaces.
    """
    if config.policy != "MoePolicy":
        return
    if "MoePolicy" not in algorithms.algorithm_class(config.algo).policy_aliases:
        able = "a2c, dqn, ppo, sac or td3"
        raise UsageError(f"{config.algo} has no mixtures of experts: give --algo {able}")
    kwargs = algorithms.policy_kwargs(config)
    if experts:
        kwargs["moe"] = {**kwargs["moe"], "experts": experts}
    env = task.make_env()
    try:
        spaces = env.observation_space, env.action_space
    finally:
        env.close()
    algorithms.check_actions(algorithms.algorithm(config.algo), spaces[1], config.task)
    made: Any = algorithms.policy_class(config)
    with algorithms.refusing(config.algo):
        made(*spaces, lambda _: 0.0, **kwargs)


def plain(kwargs: Mapping[str, Any], experts: list[Run]) -> dict[str, Any]:
    """Return a policy's arguments as a run's configuration keeps them."""
    if not experts:
        return dict(kwargs)
    return {**kwargs, "moe": {**kwargs["moe"], "experts": [run.id for run in experts]}}


def raw(normalize: Mapping[str, Any] | None, *, asked: bool) -> dict[str, Any] | None:
    """Return arguments of `VecNormalize` that leave observations to the experts' own.

    Args:
        normalize: Arguments.
        asked: Whether somebody asked for them, rather than a preset.

    Raises:
        UsageError: Somebody did, and observations would be normalised twice.
    """
    if normalize is None:
        return None
    if asked and normalize.get("norm_obs", True):
        raise UsageError(
            "experts treat observations as they were trained to, so the new run cannot normalise "
            "them: give normalize={'norm_obs': False}"
        )
    return {**normalize, "norm_obs": False}


def keep(run: Run, experts: list[Run]) -> None:
    """Copy what rebuilds the experts' policies into a run's folder."""
    try:
        for i, expert in enumerate(experts):
            folder = run.path / "experts" / str(i)
            folder.mkdir(parents=True)
            for name in _FILES:
                shutil.copyfile(expert.path / name, folder / name)
            for name in _FOLDERS:
                if (expert.path / name).is_dir():
                    shutil.copytree(expert.path / name, folder / name)
    except OSError as error:
        raise storage_error(run.path, error) from error


def policy_kwargs(run: Run) -> dict[str, Any]:
    """Return the arguments of a run's policy, with its experts read from its folder."""
    kwargs = algorithms.policy_kwargs(run.config)
    moe = kwargs.get("moe")
    if not (isinstance(moe, Mapping) and "experts" in moe):
        return kwargs
    from rewardlab.policies.sb3.pretrained import expert

    folders = [run.path / "experts" / str(i) for i in range(len(moe["experts"]))]
    names = [f"the policy of run {id}" for id in moe["experts"]]
    policies = [Run(folder).load_policy() for folder in folders]
    made = [expert(policy, name) for policy, name in zip(policies, names, strict=True)]
    return {**kwargs, "moe": {**moe, "experts": made}}
