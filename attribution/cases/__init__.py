"""A hotline's memory: who was told what, when, did it arrive, what happened; per provider."""

from __future__ import annotations

from attribution.extras import Extra, require

require("attribution.cases", Extra.HOTLINE, "jinja2", "numpy", "scipy", "rapidfuzz", "xarf")
