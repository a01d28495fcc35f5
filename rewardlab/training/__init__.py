"""Training runs: environments, algorithms, checkpoints."""
