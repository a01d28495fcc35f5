"""Say what works on this machine: Python, packages, pictures, sandbox, coder, accelerator.

Examples:
  rewardlab doctor
  rewardlab doctor --json
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from typing import Any

from rewardlab.cli.answer import Answer, Table
from rewardlab.cli.flags import Json
from rewardlab.training.versions import PACKAGES, installed


@dataclass(frozen=True)
class Flags:
    """Flags of `rewardlab doctor`."""

    json: Json = False


def run(flags: Flags) -> Answer:
    """Look around."""
    from rewardlab.envs.gl import choose

    document = {
        "python": platform.python_version(),
        "packages": {name: installed(name) for name in ("rewardlab", *PACKAGES)},
        "gl": choose()._asdict(),
        "sandbox": _sandbox(),
        "coder": _coder(),
        "device": _device(),
    }
    return Answer(document, Table(("part", "state", "detail"), list(_rows(document))))


def _sandbox() -> dict[str, Any]:
    from rewardlab.sandbox.doctor.proof import prove
    from rewardlab.sandbox.layers import OUTER_BOX
    from rewardlab.sandbox.lockdown import lockdown_works

    found = prove()
    return {
        "level": found.level,
        "layers": [layer._asdict() for layer in found.layers],
        "trials": found.trials,
        "lockdown": lockdown_works()._asdict(),
        "outer_box": None if found.level == "full" else OUTER_BOX,
    }


def _coder() -> dict[str, Any]:
    from rewardlab.coders.endpoint import Endpoint, configured

    if not configured():
        why = "no OPENAI_API_KEY and no OPENAI_BASE_URL: goals are composed without a model"
        return {"name": "offline", "why": why}
    return {"name": "openai", "why": f"asks {Endpoint.from_environment().host}"}


def _device() -> dict[str, Any]:
    import torch

    cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return {
        "name": "cuda" if cuda else "mps" if mps else "cpu",
        "accelerators": cuda or mps,
        "cores": os.cpu_count(),
    }


def _rows(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    gl, sandbox, coder, device = (document[k] for k in ("gl", "sandbox", "coder", "device"))
    rows = [("python", document["python"], sys.executable)]
    for name, number in document["packages"].items():
        rows.append((name, number or "missing", "" if number else _remedy(name)))
    rows.append(("pictures", gl["backend"] if gl["works"] else "none", gl["why"]))
    rows.append(("sandbox", sandbox["level"], ""))
    for layer in (*sandbox["layers"], sandbox["lockdown"]):
        rows.append((f"  {layer['name']}", "works" if layer["works"] else "missing", layer["why"]))
    if sandbox["outer_box"]:
        rows.append(("  instead", "", sandbox["outer_box"]))
    rows.append(("coder", coder["name"], coder["why"]))
    accelerators = ", ".join(device["accelerators"]) or f"{device['cores']} cores"
    rows.append(("device", device["name"], accelerators))
    return rows


_EXTRAS = {
    "sb3-contrib": "contrib",
    "metaworld": "metaworld",
    "envpool": "fast",
    "minigrid": "embodied",
}


def _remedy(package: str) -> str:
    from rewardlab.e2cl.household.package import INSTALL

    if package == "virtualhome-eval":
        return INSTALL
    extra = _EXTRAS.get(package)
    return f"pip install 'rewardlab[{extra}]'" if extra else "pip install rewardlab"
