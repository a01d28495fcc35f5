"""From a task, a reward and settings to the folder of a run that can be trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from rewardlab.config import OnRewardFault, RunConfig, Sandbox, Shaping, check_seed
from rewardlab.envs.tasks import Task
from rewardlab.envs.tasks import task as get_task
from rewardlab.errors import UnknownName, UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.sandbox.capabilities import accept
from rewardlab.shapers.base import Shaper
from rewardlab.shapers.program_potential import usable
from rewardlab.training import algorithms, engines, experts, named, settings
from rewardlab.training.length import Length, at_least
from rewardlab.training.locked import check_lockdown
from rewardlab.training.run import Run
from rewardlab.training.tasks import has_success


def prepare(
    task: str | Task,
    reward: str | Path | RewardProgram = "oracle",
    *,
    n_timesteps: int | None = None,
    algo: str = "auto",
    seed: int = 0,
    n_envs: int | None = None,
    preset: str = "auto",
    hyperparameters: Mapping[str, Any] | None = None,
    normalize: Mapping[str, Any] | Literal["preset"] | None = "preset",
    policy: str = "auto",
    policy_kwargs: Mapping[str, Any] | None = None,
    shaping: Shaping = "replace",
    shaper: Shaper | str | None = None,
    shaper_options: Mapping[str, Any] | None = None,
    goal: str | None = None,
    name: str | None = None,
    out: str | Path = "results",
    device: str = "auto",
    vec_env: Literal["dummy", "subproc"] = "dummy",
    engine: Literal["auto", "python", "envpool"] = "auto",
    eval_freq: int | None = None,
    eval_episodes: int | None = None,
    until_success: float | None = None,
    checkpoint_freq: int | None = None,
    native_reward: bool = True,
    on_reward_fault: OnRewardFault = "stop",
    sandbox: Sandbox = "auto",
    allow_degraded_sandbox: bool = False,
    lockdown: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Run:
    """Make the folder of a run, so that `fit` can train it.

    Args:
        task: Task or its id.
        reward: `"oracle"`, `"sparse"`, a program or a path to one, `"shaper"`, or `"program"`
            for one that the run is given later with `Run.set_program`.
        n_timesteps: Environment steps over all environments; by default the preset's, if it is
            a recipe.
        algo: `ppo a2c sac td3 dqn tqc crossq`, or `"auto"` for the recipe's, or PPO.
        seed: The one seed.
        n_envs: Environments stepped together; by default the preset's.
        preset: `"auto"`, a suite's name, `"default"`, `"sb3"` for SB3's own settings, or a
            recipe, `"fast"` or `"text2reward"`, see `rewardlab.training.settings`.
        hyperparameters: Arguments of the algorithm that override the preset's.
        normalize: Arguments of `VecNormalize` instead of the preset's; `None` for none.
        policy: SB3 policy name, or `"MoePolicy"`; by default that if `policy_kwargs` has `moe`,
            else `"MlpPolicy"`.
        policy_kwargs: Arguments of the policy that override the preset's.
        shaping: What a program does with the task's own reward, success where the task has it, else
            the native one: `"replace"` it, `"add"` to it, or be its `"potential"`, which cannot
            change what is optimal (see `rewardlab.shapers.program_potential`).
        shaper: Shapes `reward` further: a name of `rewardlab.shapers.registry`, or a `Shaper`,
            which is handed to `fit` again.
        shaper_options: Options of a shaper that is named.
        goal: The sentence that the run is about; by default the program's or the task's.
        name: Name of the folder.
        out: Folder of run folders.
        device: Torch device; `"auto"` keeps on-policy learners on the CPU.
        vec_env: `"dummy"` steps environments in one process, `"subproc"` in one each.
        engine: `"python"`, `"envpool"` (extra `fast`), or `"auto"`: the fastest that fits if the
            preset asks for it, else Python.
        eval_freq: Steps between evaluations; 0 for none; by default the recipe's, or ten in a run.
        eval_episodes: Episodes of each; by default the recipe's, or 10.
        until_success: End when two evaluations in a row, on other episodes, find at least this
            share of success; 0 for never; by default the recipe's, or never.
        checkpoint_freq: Steps between checkpoints, at which all environments start new episodes;
            0 for one at the end only; by default about ten in a run.
        native_reward: Compute the environment's own reward beside a program's.
        on_reward_fault: `"stop"`, or `"zero"`: score 0 and count, stop above 1 %.
        sandbox: `"require"` refuses to run below the full sandbox.
        allow_degraded_sandbox: Run programs of models and files although a layer is missing.
        lockdown: Lock the trainer down too: it writes only its run folder and has no network.
        facts: Further JSON-ready entries of `run.json`, e.g. the command.

    Raises:
        UsageError: Something does not fit together; the message says what.
    """
    task = get_task(task) if isinstance(task, str) else task
    program = _program(reward)
    kind = "program" if program else str(reward)
    if allow_degraded_sandbox:
        accept(program, task.success_program)
    _check_reward(kind, task, native_reward=native_reward)
    _check_shaping(shaping, kind, program, task, native_reward=native_reward)
    task = settings.fitted(task, preset, algo)
    preset, algo, chosen = settings.preset(preset, task, algo)
    asked = Length(n_timesteps, n_envs, eval_freq, eval_episodes, until_success, checkpoint_freq)
    length = asked.settled(chosen, task, algo)
    check_seed(seed)
    engine = engines.choose(engine, task, fast=chosen.pool, vec_env=vec_env, lockdown=lockdown)
    if lockdown:
        check_lockdown(task.id, shaper)
    algorithms.check_device(device)
    hyperparameters = {**chosen.hyperparameters, **(hyperparameters or {})}
    named.check(
        shaper,
        shaper_options,
        task,
        algo=algo,
        hyperparameters=hyperparameters,
        n_envs=length.n_envs or 1,
    )
    asked_kwargs = {**chosen.policy_kwargs, **(policy_kwargs or {})}
    policies = experts.experts_of(asked_kwargs, out)
    scaling = _copy(chosen.normalize if normalize == "preset" else normalize)
    config = RunConfig(
        task=task.id,
        task_options=dict(task.options),
        goal=goal or (program.goal if program else "") or task.goal,
        reward=kind,
        shaping=shaping,
        shaper=shaper if isinstance(shaper, str) else "",
        shaper_options=dict(shaper_options or {}),
        algo=algo,
        preset=preset,
        policy=_policy(policy, asked_kwargs),
        policy_kwargs=experts.plain(asked_kwargs, policies),
        hyperparameters=hyperparameters,
        normalize=experts.raw(scaling, asked=normalize != "preset") if policies else scaling,
        vec_env=vec_env,
        engine=engine,
        seed=seed,
        device=device,
        native_reward=native_reward,
        on_reward_fault=on_reward_fault,
        sandbox=sandbox,
        allow_degraded_sandbox=allow_degraded_sandbox,
        lockdown=lockdown,
        **length._asdict(),
    )
    RunConfig.from_mapping(vars(config), "the settings")  # what could not be read is not written
    experts.check(config, task, policies)
    extra = {"scene_hash": task.scene.hash}
    if shaping != "replace":
        extra["shaping"] = shaping
    if shaper:
        extra["shaper"] = shaper if isinstance(shaper, str) else type(shaper).__name__
    run = Run.create(out, config, program=program, name=name, **extra, **(facts or {}))
    experts.keep(run, policies)
    return run


def extend(run: Run, task: str | Task, n_timesteps: int | None) -> None:
    """Set where a resumed run ends.

    Raises:
        UsageError: The run is of another task, or has already gone so far.
    """
    config = run.config
    id = task if isinstance(task, str) else task.id
    if id != config.task:
        raise UsageError(f"run {run.id} is about {config.task}, not {id}")
    if run.status == "finished" and (n_timesteps or 0) <= config.n_timesteps:
        raise UsageError(
            f"run {run.id} has finished its {config.n_timesteps:,} steps: "
            "give a larger number of steps to go on"
        )
    if n_timesteps is not None and n_timesteps != config.n_timesteps:
        replace(config, n_timesteps=at_least(1, n_timesteps=n_timesteps)).save(
            run.path / "config.yaml"
        )
        run.update(n_timesteps=n_timesteps)


def accept_risk(run: Run, task: Task) -> None:
    """Let a run that goes on run its programs in less than the full sandbox, and record that.

    Whoever goes on has to say so again: the folder may be somebody else's.
    """
    accept(run.program, task.success_program)
    replace(run.config, allow_degraded_sandbox=True).save(run.path / "config.yaml")


def _program(reward: str | Path | RewardProgram) -> RewardProgram | None:
    if isinstance(reward, RewardProgram):
        return reward
    if reward in ("oracle", "sparse", "shaper", "program"):
        return None
    return RewardProgram.load(reward)


def _policy(name: str, kwargs: Mapping[str, Any]) -> str:
    if name == "auto":
        return "MoePolicy" if "moe" in kwargs else "MlpPolicy"
    if name != "MoePolicy" and "moe" in kwargs:
        raise UsageError(f"moe is for MoePolicy, not for {name}: leave one of the two out")
    return name


def _copy(arguments: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if arguments is None else dict(arguments)


def _check_reward(kind: str, task: Task, *, native_reward: bool) -> None:
    if kind == "oracle" and task.oracle is None:
        raise UsageError(f"{task.id} has no reward of its own: give a program, or 'sparse'")
    if kind == "sparse" and task.success is None and task.success_program is None:
        raise UsageError(f"{task.id} has no success signal, which 'sparse' pays for: use a program")
    if kind in ("oracle", "shaper") and not native_reward:
        raise UsageError(f"a run on {kind!r} learns from the native reward: it cannot be skipped")


def _check_shaping(
    shaping: str,
    kind: str,
    program: RewardProgram | None,
    task: Task,
    *,
    native_reward: bool,
) -> None:
    if shaping not in get_args(Shaping):
        raise UnknownName("shaping", shaping, get_args(Shaping))
    if shaping == "replace":
        return
    if kind != "program":
        raise UsageError(f"shaping {shaping!r} is for reward programs, not for the reward {kind!r}")
    if not has_success(task):
        _check_reward("oracle", task, native_reward=native_reward)
    if shaping == "potential" and program is not None:
        usable(program, task.scene)
