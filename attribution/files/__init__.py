"""Text files that people give, files that this program writes, and text that is safe to show."""
