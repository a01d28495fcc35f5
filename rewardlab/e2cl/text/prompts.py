"""What a text model is asked: three templates over one description of the situation."""

from __future__ import annotations

from typing import Any

from rewardlab.coders.templates import fill
from rewardlab.e2cl.samples import Sample
from rewardlab.e2cl.text.phrases import phrase, template
from rewardlab.e2cl.world import OK, Action, Language, View

LIMIT = 12_000
"""Characters of a prompt, above which the oldest answers are left out; actions all stay."""
ROBOT = "a robot"


def answer_of(kind: str) -> str:
    """Return a kind of answer as a model says it."""
    return "OK" if kind == OK else f"ERROR: {kind}"


def kind_of(line: str, language: Language) -> str | None:
    """Return the kind of answer that a line says, `None` if it says none of the language."""
    first = line.strip().splitlines()[0].strip() if line.strip() else ""
    if first.upper().rstrip(".") in ("OK", "DONE"):
        return OK
    head, _, reason = first.partition(":")
    said = reason.strip().rstrip(".").lower()
    if head.strip().upper() != "ERROR":
        return None
    known = [kind for kind in language.kinds if kind != OK]
    return next((kind for kind in known if kind.lower() == said), "other" if known else None)


class Asking:
    """Writes prompts in one language.

    Args:
        language: Of the world.
        inventory: Whether to list the things and actions there are, for models that were not
            fine-tuned.
        robot: What the model steers.
    """

    def __init__(self, language: Language, *, inventory: bool = False, robot: str = ROBOT) -> None:
        self.language, self.inventory, self.robot = language, inventory, robot

    def plan(self, view: View) -> str:
        """Ask for the next action."""
        return self._fill("plan", view)

    def feedback(self, view: View, action: Action) -> str:
        """Ask for the world's answer to an action."""
        return self._fill("feedback", view, proposed=phrase(action, view))

    def correct(self, view: View, failed: Action, error: str) -> str:
        """Ask for what to do instead of an action that is expected to fail."""
        return self._fill("correct", view, proposed=phrase(failed, view), reason=error)

    def of(self, sample: Sample) -> tuple[str, str]:
        """Return what is asked in a sample, and the right answer."""
        view = sample.view
        if sample.kind == "feedback":
            return self.feedback(view, sample.action), answer_of(str(sample.answer))
        said = phrase(sample.action, view)
        if sample.kind == "plan":
            return self.plan(view), said
        assert sample.failed is not None, "a correction has something that failed"
        return self.correct(view, sample.failed, str(sample.error)), said

    def _fill(self, kind: str, view: View, **more: Any) -> str:
        verbs = self.language.verbs
        history = [(phrase(t.action, view), answer_of(t.kind)) for t in view.history]
        values = {
            "robot": self.robot,
            "task": view.task,
            "instruction": " ".join(view.words),
            "seen": view.seen,
            "inventory": self.inventory,
            "things": view.names,
            "phrases": [template(v.name, v.arity).replace("{}", "…") for v in verbs],
            **more,
        }
        told = fill(f"e2cl/{kind}.j2", {**values, "history": history})
        for i in range(len(history)):
            if len(told) <= LIMIT:
                break
            history[i] = (history[i][0], "…")
            told = fill(f"e2cl/{kind}.j2", {**values, "history": history})
        return told
