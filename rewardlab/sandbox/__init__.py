"""The jail in which reward programs run."""
