"""Signing in through an identity provider (OpenID Connect).

Authlib checks its answers: state, nonce, signature, issuer, audience and time.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse

from attribution.errors import SettingsError
from attribution.settings import Settings
from attribution.store import Store
from attribution.web.access.signing_in import SignInRefused

_TIMEOUT_SECONDS = 10


class IdentityProvider:
    """The identity provider that the settings name. Raises SettingsError."""

    def __init__(self, settings: Settings) -> None:
        if not settings.oidc_client_id or settings.oidc_client_secret is None:
            raise SettingsError(
                "setting oidc_issuer goes with oidc_client_id and oidc_client_secret: set all "
                "three, or none."
            )
        self.issuer = settings.oidc_issuer.rstrip("/")
        with warnings.catch_warnings():
            import authlib.deprecate  # noqa: F401 - it turns its own warnings on, once

            # It prefers httpx's successor, which comes later.
            warnings.simplefilter("ignore", DeprecationWarning)
            from authlib.integrations.starlette_client import OAuth
        self._client = OAuth().register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_SECONDS,
            },
        )

    async def redirect_there(
        self, request: Request, back: str
    ) -> tuple[RedirectResponse, dict[str, Any]]:
        """Return the redirect to the provider, and the state that `claims` needs.

        `back` is the address that the browser comes back to.
        """
        request.scope["session"] = {}
        response = await self._client.authorize_redirect(request, back)
        return response, request.scope["session"]

    async def claims(self, request: Request, state: dict[str, Any]) -> dict[str, Any]:
        """Return what the provider says of who came back. Raises SignInRefused."""
        request.scope["session"] = state
        try:
            token = await self._client.authorize_access_token(request)
        except Exception as error:  # whatever a library makes of a foreign server's answer
            raise SignInRefused(
                f"the identity provider's answer is not accepted: {type(error).__name__}."
            ) from None
        claims = dict(token.get("userinfo") or {})
        if str(claims.get("iss", "")).rstrip("/") != self.issuer:
            raise SignInRefused("the identity provider's answer is of another issuer.")
        return claims


def seal_state(store: Store, state: dict[str, Any]) -> str:
    """Return the state of a sign-in for a cookie: nobody but this store reads or changes it."""
    sealed, seal = store.keys.seal(json.dumps(state))
    return f"{sealed.hex()}.{seal.hex()}"


def open_state(store: Store, cookie: str) -> dict[str, Any]:
    """Return the state from a cookie; empty where this store did not seal it."""
    try:
        sealed, _, seal = cookie.partition(".")
        return dict(json.loads(store.unseal(bytes.fromhex(sealed), bytes.fromhex(seal))))
    except Exception:  # not ours, whatever it is
        return {}
