"""Train a policy on a reward program, the environment's own reward, or success alone.

A program is validated first. Ctrl-C saves the run and prints how to go on; a run that was killed
goes on from its last checkpoint. A YAML file of --config may hold any flag, and policy_kwargs,
hyperparameters and task_options; what the command line says wins.

Examples:
  rewardlab train metaworld/window-close --reward program.py -n 100000
  rewardlab train metaworld/window-close --reward program.py --shaping potential -n 100000
  rewardlab train locomotion/hopper-forward --reward oracle --algo sac -n 200000 --seed 1
  rewardlab train --resume window-close-ppo
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from rewardlab.cli.answer import Answer, note
from rewardlab.cli.flags import Json, OptionalTask, open_task
from rewardlab.cli.generate import told
from rewardlab.cli.runs import entry, success_of
from rewardlab.cli.training import Training, reopen, settings, steps
from rewardlab.errors import UsageError
from rewardlab.program.program import RewardProgram
from rewardlab.store.files import write_json

if TYPE_CHECKING:
    from rewardlab.training.run import Run


@dataclass(frozen=True)
class Flags(Training):
    """Flags of `rewardlab train`."""

    task: OptionalTask = ""
    reward: Annotated[
        str,
        arg(metavar="R", help="program.py, oracle (the environment's own) or sparse (success)."),
    ] = "oracle"
    resume: Annotated[
        str | None,
        arg(metavar="RUN", help="Go on with this run.", help_behavior_hint=""),
    ] = None
    json: Json = False


def run(flags: Flags) -> Answer:
    """Train it."""
    trained = _resume(flags) if flags.resume else _start(flags)
    told = entry(trained)
    success = success_of(told)
    view = f"{trained.path}: {told['status']}" + (f", success {success}" if success else "")
    return Answer(told, view)


def _start(flags: Flags) -> Run:
    from rewardlab.design.learning import accepted, learn
    from rewardlab.training.prepare import prepare
    from rewardlab.training.settings import fitted

    if not flags.task:
        raise UsageError("say what to train: rewardlab train TASK … (or --resume RUN)")
    task = open_task(flags.task, flags.task_option, flags.settings.get("task_options"))
    if steps(flags, task) is None:
        raise UsageError("say how long to train: -n STEPS, e.g. -n 100000")
    task = fitted(task, flags.preset, flags.algo)
    reward: str | RewardProgram = flags.reward
    verdict = None
    if flags.reward not in ("oracle", "sparse"):
        reward = RewardProgram.load(flags.reward)
        verdict = accepted(
            reward,
            task,
            seed=flags.seed,
            sandbox=flags.sandbox,
            allow_degraded=flags.allow_degraded_sandbox,
            on_event=told,
        )
    opened = prepare(task, reward, **settings(flags))
    if verdict:
        write_json(opened.path / "verdict.json", verdict.to_json())
    note(f"run {opened.path}")
    learn(opened, task, progress=flags.progress, on_event=told)
    return opened


def _resume(flags: Flags) -> Run:
    from rewardlab.design.learning import learn
    from rewardlab.training.prepare import extend

    opened, task = reopen(flags, flags.resume or "", flags.task)
    extend(opened, task, flags.n_timesteps)
    learn(opened, task, progress=flags.progress, on_event=told)
    return opened
