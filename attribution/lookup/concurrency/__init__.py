"""How many tasks run at once, in which order, and in which thread big answers are read."""
