"""Reward shapers: what stands between an environment's reward and the algorithm."""
