"""Text from registries, made safe to show: they are filled in by the people one is looking for."""

from __future__ import annotations

from attribution.files.shown_text import csv_cell as cell
from attribution.files.shown_text import escaped_json, shown

__all__ = ["cell", "escaped_json", "shown"]
