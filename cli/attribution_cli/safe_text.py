"""Text from registries, made safe to show: they are filled in by the people one is looking for."""

from __future__ import annotations

from attribution.json_text import csv_cell as cell
from attribution.json_text import escaped_json, shown

__all__ = ["cell", "escaped_json", "shown"]
