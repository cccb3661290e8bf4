"""Dated tables with their source and licence in the head of each file."""
