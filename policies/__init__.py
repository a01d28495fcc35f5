"""Policies (Mixture-of-Experts arrives with a later version)."""
