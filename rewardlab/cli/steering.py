"""What `rewardlab e2cl` does with text models: let one act, and write what another learns from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rewardlab.cli.answer import Answer, Table, note
from rewardlab.errors import CoderError, ConfigError, UsageError

if TYPE_CHECKING:
    from rewardlab.e2cl.samples import Sample
    from rewardlab.e2cl.world import World


def steered(world: World, model: str, *, seed: int) -> Answer:
    """Let a chat model act on the test episodes, and say how it did."""
    from rewardlab.coders.chat import ChatCoder
    from rewardlab.e2cl.page import shown
    from rewardlab.e2cl.summary import METRICS, estimate
    from rewardlab.e2cl.text.agent import TextAgent
    from rewardlab.e2cl.text.exam import measured

    try:
        agent = TextAgent(ChatCoder(model, temperature=0.0), world.language, seed=seed)
        found = measured(world, agent, tell=note)
    except (CoderError, ConfigError) as error:
        instead = "; to measure a trained run, leave --model out"
        said = str(error).replace("; without either use --coder offline", "")
        raise type(error)(said.replace(", or use --coder offline", "") + instead) from None
    told = {
        mode: {metric: estimate(found, mode, metric) for metric in METRICS}
        for mode in found[0]["modes"]
    }
    if agent.unread:
        counts = ", ".join(f"{n} of {kind}" for kind, n in sorted(agent.unread.items()))
        note(f"answers that said nothing of this world: {counts}")
    rows = [(model, mode, *map(shown, each.values())) for mode, each in told.items()]
    document = {
        "model": model,
        "world": world.config(),
        "unread": dict(agent.unread),
        "results": [
            {"mode": mode, **{metric: one.json() for metric, one in each.items()}}
            for mode, each in told.items()
        ],
    }
    return Answer(document, Table(("model", "mode", *METRICS.values()), rows))


def exported(folder: Path) -> Answer:
    """Write a study's samples as chats to fine-tune a text model on."""
    from rewardlab.e2cl.stored import load
    from rewardlab.e2cl.text.export import export
    from rewardlab.e2cl.text.prompts import Asking
    from rewardlab.e2cl.worlds import world_of
    from rewardlab.store.files import read_json

    world = world_of(read_json(folder / "config.json") or {})
    samples: list[Sample] = []
    for name in ("plan", "guided", "free"):
        stored = load(folder / "data", name, world.language)
        if stored is not None:
            samples += stored.explored.samples
            for line in stored.damaged:
                note(f"left out: {line}")
    if not samples:
        raise UsageError(f"{folder} holds no samples yet: rewardlab e2cl train makes them")
    path = folder / "chats.jsonl"
    n = export(path, samples, Asking(world.language))
    return Answer({"path": str(path), "chats": n}, f"{path}: {n:,} chats")
