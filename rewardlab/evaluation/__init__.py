"""What happened: rollouts, statistics, report, plots, video."""
