"""Who visits a page: the session, the language, and the CSRF token of forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from attribution.language import Domain, languages
from attribution.web.access import sessions
from attribution.web.access.sessions import Session
from attribution.web.access.tokens import form_token, new_token
from attribution.web.pages.cookies import is_secure, read_cookie, set_cookie
from attribution.web.service import Service


class NotSignedInError(Exception):
    """Somebody has to sign in first."""


@dataclass(slots=True)
class Visitor:
    """Who visits a page."""

    session: Session | None
    """None for a stranger: somebody who is not signed in."""
    language: str
    now: int
    """When the request was received, in microseconds since 1970."""
    secure: bool
    stranger_token: str
    """From a cookie of its own; a stranger's CSRF token is derived from it."""
    has_cookie: bool = True
    """Whether the browser has that cookie already."""

    @property
    def form_token(self) -> str:
        """The CSRF token of this visitor's forms."""
        return self.session.form if self.session else form_token(self.stranger_token)

    def give_cookies(self, response: Response) -> None:
        """Give the browser the cookie that a stranger's forms need."""
        if not self.has_cookie and self.session is None:
            set_cookie(response, "form", self.stranger_token, secure=self.secure)


async def identify(request: Request) -> Visitor:
    """Find out who visits, and count the request. Raises ProblemError (429)."""
    service: Service = request.app.state.service
    token, stranger_token = read_cookie(request, "session"), read_cookie(request, "form")
    session = None
    if token:
        session = await run_in_threadpool(
            service.read, lambda reader: sessions.find(reader, token, service.now)
        )
    visitor = _stranger(request)
    visitor.now, visitor.session = service.now, session
    if 20 <= len(stranger_token) <= 100:
        visitor.stranger_token, visitor.has_cookie = stranger_token, True
    language = read_cookie(request, "language") or (session.account.language if session else "")
    if language in languages(Domain.PAGE):
        visitor.language = language
    request.state.visitor = visitor
    client = request.client.host if request.client else "unknown"
    service.limiter.take(f"account {session.account.id}" if session else f"stranger {client}")
    if session:
        request.scope["principal"] = session.principal
        if session.seen_at < service.now - sessions.SEEN_EVERY:
            await run_in_threadpool(_note_seen, service, session)
    return visitor


def visitor_of(request: Request) -> Visitor:
    """Return the visitor whom `identify` found; a stranger where a problem came before that."""
    visitor = getattr(request.state, "visitor", None)
    if visitor is None:
        visitor = request.state.visitor = _stranger(request)
    return visitor


ThisVisitor = Annotated[Visitor, Depends(visitor_of)]


def sign_in_address(request: Request) -> str:
    """Return where to sign in, and to come back from there."""
    if request.method != "GET":
        return "/sign-in"
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(back, safe='/')}"


def own_address(address: str) -> str:
    """Return an address of this site; `/` in place of any other."""
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith("//")
    is_plain = address.isprintable() and "\\" not in address
    return address if is_path and is_plain and not parts.scheme and not parts.netloc else "/"


def _stranger(request: Request) -> Visitor:
    return Visitor(
        session=None,
        language=_accepted_language(request),
        now=0,
        secure=is_secure(request),
        stranger_token=new_token(),
        has_cookie=False,
    )


def _accepted_language(request: Request) -> str:
    accepted = request.headers.get("accept-language", "")[:200].lower()
    codes = [part.split(";")[0].strip()[:2] for part in accepted.split(",")]
    return next((code for code in codes if code in languages(Domain.PAGE)), "en")


def _note_seen(service: Service, session: Session) -> None:
    with service.store.write(session.account.person) as writer:
        sessions.note_seen(writer, session)
