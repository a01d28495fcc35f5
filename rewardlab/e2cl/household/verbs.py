"""The verbs of household programs and how many objects each takes."""

from __future__ import annotations

from rewardlab.e2cl.world import Verb

_NULLARY = ("STANDUP", "SLEEP", "WAKEUP")
_BINARY = ("PUTBACK", "PUTIN", "POUR")
_UNARY = (
    "CLOSE", "DRINK", "FIND", "WALK", "GRAB", "LOOKAT", "OPEN", "POINTAT", "PUTOBJBACK", "RUN",
    "SIT", "SWITCHOFF", "SWITCHON", "TOUCH", "TURNTO", "WATCH", "WIPE", "PUTON", "PUTOFF", "GREET",
    "DROP", "READ", "LIE", "TYPE", "PUSH", "PULL", "MOVE", "WASH", "RINSE", "SCRUB", "SQUEEZE",
    "PLUGIN", "PLUGOUT", "CUT", "EAT", "RELEASE",
)  # fmt: skip
VERBS = tuple(
    Verb(name, arity) for arity, names in enumerate((_NULLARY, _UNARY, _BINARY)) for name in names
)
"""All 42; the package names LOOKAT_SHORT and LOOKAT_LONG too, which nothing in it can do."""
ARITY = {verb.name: verb.arity for verb in VERBS}
