"""The exact side of reward design: finite MDPs, their optima, and rewards as linear programmes."""
