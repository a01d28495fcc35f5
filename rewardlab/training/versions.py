"""What a run was made with: packages, machine, sandbox."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from rewardlab._version import __version__

PACKAGES = (
    "torch", "numpy", "scipy", "gymnasium", "mujoco", "metaworld", "stable-baselines3",
    "sb3-contrib",
)  # fmt: skip


def versions() -> dict[str, Any]:
    """Return a JSON-ready record."""
    from rewardlab.sandbox import capabilities

    return {
        "rewardlab": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "packages": {name: v for name in PACKAGES if (v := _version(name))},
        "sandbox": {
            "level": capabilities.level(),
            "layers": [
                {"name": layer.name, "works": layer.works, "why": layer.why}
                for layer in capabilities.layers()
            ],
        },
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
