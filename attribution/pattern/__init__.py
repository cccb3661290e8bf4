"""When non-cooperation is a pattern, and when it is not."""
