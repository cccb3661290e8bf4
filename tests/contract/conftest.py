"""What tests of protocols share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _respx_stands_before_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `@respx.mock` patch httpx's client: its transport is ours, not httpx's own."""
    monkeypatch.setattr("respx.mocks.DEFAULT_MOCKER", "httpx")
