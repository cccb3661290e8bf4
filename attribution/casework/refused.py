"""Why something a person asked for was not done, and what to do instead.

Defined in `attribution.errors`, so that the rooms below the use cases refuse in the same form.
"""

from __future__ import annotations

from attribution.errors import Refusal, Refused

__all__ = ["Refusal", "Refused"]
