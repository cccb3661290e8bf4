"""Cookies of the page; no script reads them."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response


def is_secure(request: Request) -> bool:
    """Say whether the service is reached over TLS: under its public name, which is an https one."""
    public = urlsplit(request.app.state.service.settings.public_url)
    return bool(public.scheme == "https" and request.url.hostname == public.hostname)


def read_cookie(request: Request, name: str) -> str:
    """Return a cookie of this service; empty where there is none."""
    return request.cookies.get(_full_name(name, secure=is_secure(request)), "")


def set_cookie(
    response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None
) -> None:
    """Set a cookie; without `seconds` it ends with the browser's session."""
    response.set_cookie(
        _full_name(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def delete_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Delete a cookie."""
    response.delete_cookie(
        _full_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )


def _full_name(name: str, *, secure: bool) -> str:
    """Return a name that no other program of the machine has: cookies are shared by all ports.

    Over TLS no other host or path can set it (RFC 6265bis, `__Host-`).
    """
    return f"__Host-attribution-{name}" if secure else f"attribution-{name}"
