"""Network architectures for policies; none of our own yet, SB3's are used by name."""
