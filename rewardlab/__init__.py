"""From a sentence to a dense reward program, a trained robot policy, and back."""

from rewardlab._version import __version__

__all__ = ["__version__"]
