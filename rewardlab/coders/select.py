"""Choosing a coder by name."""

from __future__ import annotations

from rewardlab.coders.base import Coder
from rewardlab.coders.endpoint import configured
from rewardlab.errors import ConfigError, UnknownName, closest

CODERS = ("auto", "offline", "openai", "replay:PATH")


def make_coder(name: str | Coder = "auto", *, model: str | None = None) -> Coder:
    """Return a coder.

    Args:
        name: `"openai"`, `"offline"`, `"replay:PATH"`, or `"auto"`: a chat model if the environment
            names a key or a server, else the offline composer. A coder is returned as it is.
        model: Model name for a chat model that is made.

    Raises:
        UnknownName: No such coder.
        ConfigError: It is not configured, or takes no model.
    """
    if not isinstance(name, str):
        return name
    if name == "auto":
        name = "openai" if configured() else "offline"
    if name == "openai":
        from rewardlab.coders.chat import ChatCoder

        return ChatCoder(model)
    if model:
        raise ConfigError(
            f"--model {model} needs a chat model: use --coder openai with OPENAI_API_KEY or "
            "OPENAI_BASE_URL set"
        )
    if name == "offline":
        from rewardlab.coders.offline import OfflineComposer

        return OfflineComposer()
    if name.startswith("replay:") and name != "replay:":
        from rewardlab.coders.replay import ReplayCoder

        return ReplayCoder(name.removeprefix("replay:"))
    there = f"(one of {', '.join(CODERS)})" if closest(name, CODERS) else "(--model names a model)"
    raise UnknownName("coder", name, CODERS, there)
