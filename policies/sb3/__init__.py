"""Policies of Stable-Baselines3 with mixtures of experts in them."""
