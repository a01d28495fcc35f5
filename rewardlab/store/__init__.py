"""Run folders: the truth on disk."""
