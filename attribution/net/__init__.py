"""Addresses, prefixes and domain names: one spelling each. Pure."""
