"""Print the scene of a task as a writer of reward programs sees it.

Examples:
  rewardlab describe metaworld/drawer-open
  rewardlab describe gym/Pusher-v5
"""

from __future__ import annotations

from dataclasses import dataclass

from rewardlab.cli.answer import Answer
from rewardlab.cli.flags import Json, Task, TaskOptions, open_task


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab describe`."""

    task: Task
    task_option: TaskOptions = ()
    json: Json = False


def run(flags: Flags) -> Answer:
    """Describe it."""
    task = open_task(flags.task, flags.task_option)
    text = task.describe()
    document = {
        "task": task.id,
        "suite": task.suite,
        "goal": task.goal,
        "success": task.success,
        "oracle": task.oracle,
        "env_id": task.env_id,
        "horizon": task.horizon,
        "fields": [path for path, slot in task.scene.layout.items() if not slot.field.hidden],
        "description": text,
    }
    return Answer(document, text)
