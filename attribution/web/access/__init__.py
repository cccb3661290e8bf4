"""Accounts, keys, sessions, one-time links, and the delay after failed sign-ins."""
