"""E2CL: agents that learn from the errors they explore (arXiv 2409.03256)."""
