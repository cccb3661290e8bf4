"""Deciding: evidence in, answer and open questions out. No I/O, no clock, no settings but the arguments."""
