"""How to train: the flags and steps that `rewardlab train` and `rewardlab run` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Fixed, Suppress, UseAppendAction, arg

from rewardlab.cli.flags import (
    AllowDegraded,
    Lockdown,
    Out,
    Sandbox,
    Seed,
    TaskOptions,
    read_options,
)
from rewardlab.cli.parsing import command
from rewardlab.config import OnRewardFault
from rewardlab.errors import ConfigError, UsageError
from rewardlab.shapers.registry import BUILT_IN

if TYPE_CHECKING:
    from rewardlab.envs.tasks import Task
    from rewardlab.training.run import Run

_PRESET = "(default: the preset's)"
_TENTH = "(default: ten in a run)"


@dataclass(frozen=True)
class Training:
    """Flags that say how to train.

    Attributes:
        settings: What only the file of `--config` can say.
    """

    n_timesteps: Annotated[
        int | None,
        arg(
            aliases=("-n",),
            metavar="STEPS",
            help="Environment steps, over all environments.",
            help_behavior_hint="",
        ),
    ] = None
    algo: Annotated[
        str,
        arg(metavar="NAME", help="ppo, a2c, sac, td3, dqn, tqc, crossq; or auto."),
    ] = "auto"
    seed: Seed = 0
    n_envs: Annotated[
        int | None,
        arg(metavar="N", help="Environments stepped together.", help_behavior_hint=_PRESET),
    ] = None
    preset: Annotated[
        str,
        arg(
            metavar="NAME",
            help="Tuned settings: a suite's, default, sb3; or a recipe, which also says how long: "
            "fast (ours) or text2reward (the paper's).",
        ),
    ] = "auto"
    engine: Annotated[
        str,
        arg(
            metavar="NAME",
            help="What steps environments in training: python, envpool (extra fast); "
            "auto is python, or what a recipe prefers.",
        ),
    ] = "auto"
    policy: Annotated[
        str,
        arg(metavar="NAME", help="SB3 policy, or MoePolicy: a mixture of experts."),
    ] = "auto"
    moe: Annotated[
        UseAppendAction[tuple[str, ...]],
        arg(
            metavar="KEY=VALUE",
            help="Option of MoePolicy, which it chooses, e.g. gate=softmax; may be repeated.",
            help_behavior_hint="",
        ),
    ] = ()
    shaping: Annotated[
        str,
        arg(
            metavar="HOW",
            help="What a program does with the task's own reward (success, else the native one): "
            "replace it, add to it, or be its potential, which cannot change what is optimal.",
        ),
    ] = "replace"
    shaper: Annotated[
        str,
        arg(
            metavar="NAME",
            help=f"Shape the reward further: {', '.join(BUILT_IN)}; or what a package adds.",
            help_behavior_hint="",
        ),
    ] = ""
    shaper_option: Annotated[
        UseAppendAction[tuple[str, ...]],
        arg(
            metavar="KEY=VALUE",
            help="Option of the shaper; may be repeated.",
            help_behavior_hint="",
        ),
    ] = ()
    device: Annotated[str, arg(metavar="NAME", help="Torch device.")] = "auto"
    eval_freq: Annotated[
        int | None,
        arg(
            metavar="STEPS",
            help="Steps between evaluations; 0 for none.",
            help_behavior_hint=_TENTH,
        ),
    ] = None
    eval_episodes: Annotated[
        int | None,
        arg(metavar="N", help="Episodes of each of them.", help_behavior_hint=_PRESET),
    ] = None
    until_success: Annotated[
        float | None,
        arg(
            metavar="P",
            help="End when two evaluations in a row find this share of success; 0: never.",
            help_behavior_hint=_PRESET,
        ),
    ] = None
    checkpoint_freq: Annotated[
        int | None,
        arg(metavar="STEPS", help="Steps between checkpoints.", help_behavior_hint=_TENTH),
    ] = None
    native_reward: Annotated[
        bool,
        arg(
            help="Record the environment's own reward beside a program's.",
            help_behavior_hint="(default: on)",
        ),
    ] = True
    on_reward_fault: Annotated[
        OnRewardFault,
        arg(help="stop, or zero: score 0 and count, stop above 1 %."),
    ] = "stop"
    sandbox: Sandbox = "auto"
    allow_degraded_sandbox: AllowDegraded = False
    lockdown: Lockdown = False
    task_option: TaskOptions = ()
    out: Out = "results"
    progress: Annotated[
        bool,
        arg(aliases=("-P",), help="Show progress on stderr.", help_behavior_hint="(default: on)"),
    ] = True
    config: Annotated[
        str | None,
        arg(metavar="FILE", help="YAML with values of these flags.", help_behavior_hint=""),
    ] = None
    settings: Suppress[Fixed[Mapping[str, Any]]] = field(default_factory=dict)


def settings(flags: Training) -> dict[str, Any]:
    """Return what `rewardlab.training.prepare.prepare` gets from the flags and their file."""
    chosen = {f.name: getattr(flags, f.name) for f in fields(Training)}
    for name in ("task_option", "shaper_option", "moe", "progress", "config", "settings"):
        del chosen[name]
    deeper = {key: value for key, value in flags.settings.items() if key != "task_options"}
    chosen["shaper_options"] = {
        **_mapping(flags, "shaper_options", flags.settings.get("shaper_options")),
        **read_options(flags.shaper_option, "--shaper-option"),
    }
    chosen["policy_kwargs"] = _policy_kwargs(flags)
    return {**deeper, **chosen, "facts": {"command": command()}}


def _policy_kwargs(flags: Training) -> dict[str, Any]:
    """Return the file's arguments of the policy, with what `--moe` says."""
    written = _mapping(flags, "policy_kwargs", flags.settings.get("policy_kwargs"))
    moe = read_options(flags.moe, "--moe")
    if not moe:
        return written
    return {**written, "moe": {**_mapping(flags, "moe", written.get("moe")), **moe}}


def _mapping(flags: Training, name: str, written: Any) -> dict[str, Any]:
    """Return what the file says under a name."""
    if not isinstance(written or {}, Mapping):
        raise ConfigError(f"{flags.config}: {name} must be a mapping, got {written!r}")
    return dict(written or {})


def steps(flags: Training, task: Task) -> int | None:
    """Return how long to train, as the flag or the preset says; `None` if neither does."""
    from rewardlab.training.settings import preset

    asked = flags.n_timesteps
    return preset(flags.preset, task, flags.algo)[2].n_timesteps if asked is None else asked


def check_same(flags: Training, resumed: Run) -> None:
    """Refuse flags that ask for something else than the run that is to go on.

    Whoever goes on accepts risks anew.

    Raises:
        UsageError: One does.
    """
    was = asdict(resumed.config)
    del was["n_timesteps"], was["allow_degraded_sandbox"]
    for f in fields(flags):
        asked = getattr(flags, f.name)
        if asked != f.default and f.name in was and asked != was[f.name]:
            flag = f"--{f.name.replace('_', '-')}"
            raise UsageError(
                f"run {resumed.id} goes on as it began, with {was[f.name]!r}, not {flag} {asked}: "
                "leave that out, or start a new run"
            )
    for what, flag, given, before in (
        ("shaper's", "--shaper-option", flags.shaper_option, was["shaper_options"]),
        ("mixture's", "--moe", flags.moe, was["policy_kwargs"].get("moe", {})),
    ):
        options = read_options(given, flag)
        if options and options != before:
            raise UsageError(
                f"run {resumed.id} goes on with its {what} options, {before}, not {options}: "
                f"leave {flag} out, or start a new run"
            )


def reopen(flags: Training, run: str, task: str) -> tuple[Run, Task]:
    """Return a run that is to go on, and its task, which may be named too.

    Raises:
        UsageError: Flags ask for something else than that run.
    """
    import rewardlab
    from rewardlab.training.prepare import accept_risk
    from rewardlab.training.tasks import task_of

    opened = rewardlab.Run.open(run, out=flags.out)
    check_same(flags, opened)
    its_task = task_of(opened, task or None)
    if flags.allow_degraded_sandbox:
        accept_risk(opened, its_task)
    return opened, its_task
