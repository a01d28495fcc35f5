"""Training: from a task and a reward to a run folder with a policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from rewardlab.envs.tasks import Task
from rewardlab.errors import UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.shapers.base import Shaper
from rewardlab.training.fit import fit
from rewardlab.training.named import check_same
from rewardlab.training.prepare import accept_risk, extend, prepare
from rewardlab.training.run import Run
from rewardlab.training.settings import fitted
from rewardlab.training.tasks import task_of

Reward: TypeAlias = "str | Path | RewardProgram | Shaper"
"""`"oracle"`, `"sparse"`, a reward program, a path to one, or a shaper."""


def train(
    task: str | Task,
    reward: Reward = "oracle",
    *,
    algo: str = "auto",
    n_timesteps: int | None = None,
    seed: int = 0,
    n_envs: int | None = None,
    preset: str = "auto",
    policy: str = "auto",
    policy_kwargs: Mapping[str, Any] | None = None,
    shaper: Shaper | str | None = None,
    shaper_options: Mapping[str, Any] | None = None,
    resume: str | Path | Run | None = None,
    out: str | Path = "results",
    progress: bool = False,
    **settings: Any,
) -> Run:
    """Train a policy, or go on with a run.

    Args:
        task: Task or its id.
        reward: `"oracle"` (the environment's own), `"sparse"` (1 while solved), a `RewardProgram`
            or a path to one, or a `Shaper` over the environment's own reward.
        algo: `ppo a2c sac td3 dqn tqc crossq`, or `"auto"`.
        n_timesteps: Environment steps over all environments, unless the preset says it; a resumed
            run may be extended.
        seed: The one seed.
        n_envs: Environments stepped together; by default the preset's.
        preset: Tuned settings, as for `prepare`.
        policy: SB3 policy name, or `"MoePolicy"`, which `policy_kwargs` with `moe` choose too.
        policy_kwargs: Arguments of the policy that override the preset's.
        shaper: Shapes `reward` further: a `Shaper`, or a name of `rewardlab.shapers.registry`.
        shaper_options: Options of a shaper that is named.
        resume: A run, its folder or name; of the rest only `n_timesteps`, `shaper`, `progress` and
            `allow_degraded_sandbox` then count, and `task` must be the run's.
        out: Folder of run folders.
        progress: Show progress on stderr.
        **settings: Further ones of `prepare`.

    Returns:
        The finished run.

    Raises:
        UsageError: Something does not fit together; the message says what.
        RewardFault: The reward program failed; the run can be resumed.
        KeyboardInterrupt: Ctrl-C; the run was saved and can be resumed.
    """
    if isinstance(reward, Shaper):
        if shaper is not None:
            raise UsageError(
                f"{type(reward).__name__} as the reward and a shaper over it: compose the two"
            )
        shaper, reward = reward, "shaper"
    if resume is None:
        if isinstance(task, Task):
            task = fitted(task, preset, algo)
        run = prepare(
            task,
            reward,
            algo=algo,
            n_timesteps=n_timesteps,
            seed=seed,
            n_envs=n_envs,
            preset=preset,
            policy=policy,
            policy_kwargs=policy_kwargs,
            shaper=shaper,
            shaper_options=shaper_options,
            out=out,
            **settings,
        )
    else:
        run = Run.open(resume, out=out)
        check_same(run, shaper)
        extend(run, task, n_timesteps)
        if settings.get("allow_degraded_sandbox"):
            accept_risk(run, task_of(run, task))
    return fit(run, task=task_of(run, task), shaper=shaper, progress=progress)
