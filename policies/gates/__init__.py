"""One gate per file: how tokens choose experts."""
