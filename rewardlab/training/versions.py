"""What a run was made with: packages and machine."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from rewardlab._version import __version__

PACKAGES = (
    "torch", "stable-baselines3", "sb3-contrib", "gymnasium", "mujoco", "metaworld", "numpy",
    "scipy", "openai", "envpool", "minigrid", "virtualhome-eval",
)  # fmt: skip


def versions() -> dict[str, Any]:
    """Return a JSON-ready record."""
    return {
        "rewardlab": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "packages": {name: v for name in PACKAGES if (v := installed(name))},
    }


def installed(package: str) -> str | None:
    """Return the version of a package, `None` if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
