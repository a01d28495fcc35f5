"""Household tasks on VirtualHome's evolving-graph simulator, with people's programs as experts."""
