"""From a sentence to a dense reward program, a trained robot policy, and back."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rewardlab._version import __version__

if TYPE_CHECKING:
    from rewardlab.design.feedback import Feedback
    from rewardlab.design.generate import generate
    from rewardlab.design.refine import refine
    from rewardlab.design.rounds import rounds
    from rewardlab.design.validate import validate
    from rewardlab.design.verdict import Verdict
    from rewardlab.envs.tasks import Task, task, tasks
    from rewardlab.errors import RewardlabError
    from rewardlab.evaluation.evaluate import Evaluation, evaluate
    from rewardlab.evaluation.report import Report, report
    from rewardlab.program.finding import Finding
    from rewardlab.program.program import RewardProgram
    from rewardlab.shapers.base import Shaped, Shaper, Transitions
    from rewardlab.training.attach import attach
    from rewardlab.training.run import Run
    from rewardlab.training.train import train

__all__ = [
    "Evaluation",
    "Feedback",
    "Finding",
    "Report",
    "RewardProgram",
    "RewardlabError",
    "Run",
    "Shaped",
    "Shaper",
    "Task",
    "Transitions",
    "Verdict",
    "__version__",
    "attach",
    "evaluate",
    "generate",
    "refine",
    "report",
    "rounds",
    "task",
    "tasks",
    "train",
    "validate",
]

_MODULES = {
    "Evaluation": "evaluation.evaluate",
    "Feedback": "design.feedback",
    "Finding": "program.finding",
    "Report": "evaluation.report",
    "RewardProgram": "program.program",
    "RewardlabError": "errors",
    "Run": "training.run",
    "Shaped": "shapers.base",
    "Shaper": "shapers.base",
    "Task": "envs.tasks",
    "Transitions": "shapers.base",
    "Verdict": "design.verdict",
    "attach": "training.attach",
    "evaluate": "evaluation.evaluate",
    "generate": "design.generate",
    "refine": "design.refine",
    "report": "evaluation.report",
    "rounds": "design.rounds",
    "task": "envs.tasks",
    "tasks": "envs.tasks",
    "train": "training.train",
    "validate": "design.validate",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import rewardlab` stays cheap."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rewardlab' has no attribute {name!r}")
    value = getattr(import_module(f"rewardlab.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
