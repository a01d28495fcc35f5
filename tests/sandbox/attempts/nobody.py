"""Make attempts as the user who runs this, and print what effect each had, as JSON."""

from __future__ import annotations

import json
import os
import sys

from rewardlab.sandbox import spawn
from rewardlab.sandbox.limits import Limits
from tests.sandbox.attempts import ALL
from tests.sandbox.attempts.battery import JAIL, run, unjailed
from tests.sandbox.attempts.world import World


def main(names: list[str]) -> None:
    """Print, by name: effects in the jail, effects without it, why it had none."""
    spawn.zygote().facts(Limits())
    world, told = World(), {}
    for name in names:
        jailed = run(ALL[name], world, JAIL, "train")
        free = unjailed(ALL[name], world)
        told[name] = (sorted(jailed.effects), sorted(free.effects), free.fault)
        if free.effects:
            world.renew()
    world.close()
    print(json.dumps({"user": os.getresuid(), "told": told}))


if __name__ == "__main__":
    main(sys.argv[1:])
