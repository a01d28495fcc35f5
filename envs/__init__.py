"""Tasks: what a policy acts in, what a reward program may see, and when the task is done."""
