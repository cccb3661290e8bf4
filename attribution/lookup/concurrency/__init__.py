"""How many tasks run at once, in which order, and where big answers are read."""
