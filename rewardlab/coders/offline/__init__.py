"""The offline composer: programs by rule, from known skills, without a model."""

from rewardlab.coders.offline.composer import OfflineComposer

__all__ = ["OfflineComposer"]
