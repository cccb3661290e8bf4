"""Deciding: evidence in, answer and open questions out. No I/O, no clock, no settings but the arguments."""

from attribution.decide.answer import Decision, decide

__all__ = ["Decision", "decide"]
