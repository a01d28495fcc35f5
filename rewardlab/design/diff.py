"""What changed from a program to the one refined from it."""

from rewardlab.program.diff import program_diff

__all__ = ["program_diff"]
