"""Batches: lists that people and programs look up, and the runner that works on them."""
