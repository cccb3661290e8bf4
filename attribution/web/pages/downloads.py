"""Files that a page offers for download."""

from __future__ import annotations

from starlette.responses import Response


def download(body: bytes | str, media_type: str, name: str) -> Response:
    """Return a file that a browser saves."""
    return Response(body, media_type=media_type, headers=download_headers(name))


def download_headers(name: str) -> dict[str, str]:
    """Return headers with which a browser saves a file; opened all the same, it runs nothing."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
