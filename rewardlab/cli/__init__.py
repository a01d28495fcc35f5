"""The `rewardlab` command: one verb per file, loaded only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module

from rewardlab.cli.failures import guarded
from rewardlab.errors import UnknownName

VERBS = {
    "run": "the whole chain: goal, program, check, training, evaluation, report",
    "tasks": "list the tasks, their goal sentences and success signals",
    "describe": "print the scene of a task as a writer of rewards sees it",
    "generate": "write reward programs for a goal in words",
    "validate": "check a reward program, statically and in a jailed probe",
    "train": "train a policy on a reward program, or go on with a run",
    "evaluate": "measure a run's success rate, and film it",
    "report": "write a run's report.html",
    "shape": "draw what a reward pays in which states, and check what it keeps",
    "moe": "plan a mixture of experts",
    "refine": "write the next program from a comment on a run",
    "e2cl": "let agents explore their errors in a world and learn from them",
    "runs": "list the runs and which program came from which",
    "coder": "count the errors of coders, and see the library of examples",
    "doctor": "say what works on this machine",
}
"""Verbs in the order in which help shows them, with one line each."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code: 0 done, 1 failed or refused, 2 misuse."""
    args = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _dispatch(args))


def usage() -> str:
    """Return the text of `rewardlab --help`."""
    from rewardlab import __doc__ as summary

    verbs = "\n".join(f"  {verb:<10}{text}" for verb, text in VERBS.items())
    return f"""usage: rewardlab VERB [OPTIONS]

{summary}

{verbs}

Try:
  rewardlab run metaworld/window-close "Close the window." --yes
  rewardlab VERB --help
"""


def _dispatch(args: list[str]) -> int:
    if not args:
        print(usage(), file=sys.stderr)
        return 2
    verb, *rest = args
    if verb in ("-h", "--help", "help") and not rest:
        print(usage())
        return 0
    if verb == "help":
        verb, rest = rest[0], ["--help"]
    if verb in ("-V", "--version"):
        from rewardlab import __version__

        print(f"rewardlab {__version__}")
        return 0
    if verb not in VERBS:
        raise UnknownName("verb", verb, VERBS, "See: rewardlab --help")
    return _call(verb, rest)


def _call(verb: str, args: list[str]) -> int:
    from rewardlab.cli.answer import show
    from rewardlab.cli.banner import shout
    from rewardlab.cli.parsing import parse

    module = import_module(f"rewardlab.cli.{verb}")
    flags = parse(module.Flags, verb=verb, description=module.__doc__ or "", args=args)
    if flags is None:
        return 0
    shout()
    # Whatever libraries print meanwhile must not mix with the answer.
    with redirect_stdout(sys.stderr):
        answer = module.run(flags)
    show(answer, json=flags.json)
    return int(answer.code)
