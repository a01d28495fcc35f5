"""BabyAI (minigrid; arXiv 1810.08272) as a world: a small one, taught by its bot."""
