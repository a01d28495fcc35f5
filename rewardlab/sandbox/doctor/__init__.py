"""What `rewardlab doctor` proves, and how: each layer broken alone, then all of the jail."""
