"""Finds the formats: each module of this folder that has an `EXPORT` or a `PARTNER_LIST`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from attribution import formats
from attribution.formats.interface import ExportFormat, PartnerListFormat


@cache
def export_formats() -> dict[str, ExportFormat]:
    """Return the formats of exports by name."""
    return {form.name: form for form in _attributes("EXPORT")}


@cache
def partner_list_formats() -> dict[str, PartnerListFormat]:
    """Return the formats of lists for partners by name."""
    return {form.name: form for form in _attributes("PARTNER_LIST")}


def _attributes(name: str) -> Iterator[Any]:
    for entry in iter_modules(formats.__path__):
        if not entry.ispkg:
            module = import_module(f"{formats.__name__}.{entry.name}")
            if hasattr(module, name):
                yield getattr(module, name)
