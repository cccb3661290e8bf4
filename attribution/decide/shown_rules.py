"""Which rules a short answer shows. Apart from the rules themselves, which are slow to load."""

SHOWN_RULES = (
    "told origin",
    "resolution",
    "leaf",
    "accountable",
    "abuse contact",
    "no answer",
    "nobody named",
)
"""The rules that a short answer shows; every other one is in the explanation."""
