"""The command `attribution`."""
