"""Identifiers that stay the same from one export to the next."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6f0c8a1e-3f0b-5d0e-9c39-6a6c0a4b7e10")
