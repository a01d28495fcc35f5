"""The loop: generate, validate, refine."""
