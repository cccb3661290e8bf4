"""Deciding: evidence in, answer and open questions out.
No I/O, no clock, no settings but the arguments.
"""

from attribution.decide.answer import Decision, decide
from attribution.decide.compare import Change, changes_between

__all__ = ["Change", "Decision", "changes_between", "decide"]
