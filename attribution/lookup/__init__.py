"""Asking: everything that opens a socket, through one door."""
